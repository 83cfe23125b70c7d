// From null


export interface Empty {
}

export interface EmptyOutput {
}
