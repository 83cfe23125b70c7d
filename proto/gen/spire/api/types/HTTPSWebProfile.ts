// From proto/spire/api/types/types.proto


export interface HTTPSWebProfile {
}

export interface HTTPSWebProfileOutput {
}
