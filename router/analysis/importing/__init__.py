"""Importers: rules of other systems -> YAML of ours with the same meaning, or a refusal that says where and why."""
