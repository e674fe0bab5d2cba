"""The language server: what an editor asks about a configuration while it is written.

    editor ─ JSON-RPC ─► server ─► workspace (open buffers over the disk) ─► compiler, with a memory ─► findings by file
                               └─► cursor (where in the document) ─► completion, hover, navigation, symbols, actions

Only `server` and the modules that answer requests know `lsprotocol`; `router lsp` starts it over standard input and output.
"""
