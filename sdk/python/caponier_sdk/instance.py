"""What stands between the exported functions and a plugin."""

import json
from collections.abc import Sequence

from . import settings
from .context import Context
from .data import Data
from .error import Error
from .manifest import Manifest
from .plugin import Call, Plugin
from .report import Report
from .schema import schema
from .segment import Segment


class Instance:
    """One plugin in one sandbox: empty, then configured."""

    def __init__(self, kind: type[Plugin]) -> None:
        """An instance that is not configured yet."""
        self._kind = kind
        self._schema = json.dumps(schema(kind.settings), ensure_ascii=False)
        self._plugin: Plugin | None = None
        self._manifest: Manifest | None = None

    def describe(self) -> tuple[Manifest, str]:
        """The manifest, and the settings' JSON Schema."""
        manifest = self._manifest
        if manifest is None:
            manifest = self._kind.manifest(self._kind.settings())
        return manifest, self._schema

    def configure(self, text: str, data: Data) -> None:
        """Configures the plugin with settings in JSON.

        Raises :class:`Error` where they are refused, or the plugin is configured already.
        """
        if self._plugin is not None:
            raise Error("the plugin is configured already\nhint: that is the host's mistake")
        read = settings.parse(self._kind.settings, text)
        manifest = self._kind.manifest(read)
        plugin = self._kind()
        plugin.configure(read, data)
        self._plugin, self._manifest = plugin, manifest

    def inspect(self, context: Context, segments: Sequence[Segment], state: bytes) -> Report:
        """Shows segments to the plugin.

        Raises :class:`Error` where the plugin cannot judge, or is not configured.
        """
        if self._plugin is None or self._manifest is None:
            raise Error("the plugin is not configured\nhint: that is the host's mistake")
        report = Report(self._manifest.rules)
        self._plugin.inspect(Call(context, segments, state), report)
        return report
