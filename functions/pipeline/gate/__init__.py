"""Whether a report is loaded: what the contract asks, who may answer, what an answer binds."""
