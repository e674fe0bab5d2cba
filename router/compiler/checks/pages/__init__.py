"""Pages of the codes that other passes emit: the loader, the reader, the lowering of filters, transforms, endpoints and the rest.

Same form as the files of `router.compiler.checks`, without a `check`. A compilation never imports them.
"""
