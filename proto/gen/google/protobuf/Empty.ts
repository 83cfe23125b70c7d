// Original file: null


export interface Empty {
}

export interface EmptyOutput {
}
