"""How long it takes to lint a large configuration, beside other linters of YAML."""
