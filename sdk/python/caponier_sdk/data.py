"""Files that the operator granted to the plugin."""

from collections.abc import Mapping

from . import host
from .error import Error


class Data:
    """The read-only files that the operator granted. They answer during ``configure`` only."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        """The host's files, or those that a test supplies."""
        self._files = files

    def names(self) -> list[str]:
        """The names of the files."""
        if self._files is not None:
            return sorted(self._files)
        return [] if host.files is None else host.files.names()

    def read(self, name: str) -> bytes:
        """A file's bytes.

        Raises :class:`Error` where there is no such file, or it was not granted.
        """
        if self._files is None and host.files is not None:
            return host.files.read(name)
        if self._files is None or name not in self._files:
            raise Error(
                f"there is no file `{name}`\n"
                "hint: name its directory in the configuration: `grants: { data: ./lists }`"
            )
        return self._files[name]
