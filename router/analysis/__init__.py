"""Analysis: what can be said about a configuration beyond whether it compiles. Pure; reads the Plan, never a store or a network."""
