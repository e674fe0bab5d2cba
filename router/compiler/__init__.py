"""The compiler: from a snapshot of files to a Plan, or to every diagnostic there is, and never to both an error and a Plan."""

from router.compiler.compilation import Compilation, compile_path, compile_snapshot

__all__ = ["Compilation", "compile_path", "compile_snapshot"]
