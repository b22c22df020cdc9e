"""Makes a plugin what the host calls. Only a component has the modules that this one imports."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import data, log, types

from . import host
from .context import Context, Principal
from .data import Data
from .error import Error
from .instance import Instance
from .manifest import Manifest
from .plugin import Plugin
from .report import Report
from .segment import Segment
from .words import Kind, Role, Stage

try:
    from wit_world.imports import counters
except ImportError:
    # Built for the world without counters.
    counters = None

_LEVELS = {level: getattr(log.Level, level.upper()) for level in host.LEVELS}
_STAGES = {getattr(types.Stage, stage.name): stage for stage in Stage}
_ROLES = {getattr(types.Role, role.name): role for role in Role}
_KINDS = {getattr(types.Kind, kind.name): kind for kind in Kind}


def guard(plugin: type[Plugin]) -> type:
    """The class that the component exports. Name it ``Guard``, in the module that is built::

        Guard = guard(MyPlugin)
    """
    host.write = lambda level, message: log.write(_LEVELS[level], message)
    host.files = _Files()
    host.counting = counters is not None
    host.counters = _Counters() if counters is not None else None
    instance = Instance(plugin)

    class Guard(exports.Guard):
        def describe(self) -> types.Manifest:
            return _manifest(*instance.describe())

        def configure(self, settings: str) -> None:
            _said(lambda: instance.configure(settings, Data()))

        def inspect(self, context, segments, state) -> types.Report:
            read = [_segment(segment) for segment in segments]
            return _report(_said(lambda: instance.inspect(_context(context), read, state)))

    return Guard


def _said(work):
    """An error of the plugin is an answer; what else goes wrong says where, and never what it saw."""
    try:
        return work()
    except Error as error:
        raise Err(str(error)) from None
    except Exception as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = "" if trace is None else f" in {trace.tb_frame.f_code.co_qualname}, line {trace.tb_lineno}"
        message = f"the plugin raised {type(error).__name__}{place}\nhint: that is a mistake in the plugin"
        raise Err(message) from None


class _Files:
    def names(self) -> list[str]:
        return data.names()

    def read(self, name: str) -> bytes:
        return _granted(lambda: data.read(name))


class _Counters:
    def add(self, key: str, amount: int, window_seconds: int) -> int:
        return _granted(lambda: counters.add(key, amount, window_seconds))

    def add_unique(self, key: str, member: bytes, window_seconds: int) -> int:
        return _granted(lambda: counters.add_unique(key, member, window_seconds))


def _granted(ask):
    try:
        return ask()
    except Err as error:
        raise Error(str(error.value)) from None


def _manifest(manifest: Manifest, schema: str) -> types.Manifest:
    return types.Manifest(
        name=manifest.name,
        version=manifest.version,
        description=manifest.description,
        stages=[getattr(types.Stage, stage.name) for stage in manifest.stages],
        kinds=[getattr(types.Kind, kind.name) for kind in manifest.kinds],
        scope=getattr(types.Scope, manifest.scope.name),
        rules=[
            types.Rule(rule.id, rule.title, _severity(rule.severity), rule.category, rule.window)
            for rule in manifest.rules
        ],
        settings_schema=schema,
        attributes=list(manifest.attributes),
    )


def _severity(severity) -> types.Severity:
    return getattr(types.Severity, severity.name)


def _context(raw: types.Context) -> Context:
    principal = raw.principal
    return Context(
        exchange=raw.exchange,
        stage=_STAGES[raw.stage],
        tenant=raw.tenant,
        principal=Principal(principal.id, tuple(principal.roles)) if principal else None,
        route=raw.route,
        model=raw.model,
        time=raw.time,
        seed=raw.seed,
        attributes=tuple(raw.attributes),
    )


def _segment(raw: types.Segment) -> Segment:
    return Segment(
        raw.id,
        _ROLES[raw.role],
        _KINDS[raw.kind],
        raw.text,
        name=raw.name,
        offset=raw.offset,
        settled=raw.settled,
        open=raw.open,
        attributes=tuple(raw.attributes),
        note=raw.note,
    )


def _report(report: Report) -> types.Report:
    return types.Report(
        findings=[
            types.Finding(
                rule=finding.rule,
                severity=_severity(finding.level),
                confidence=finding.certainty,
                segment=finding.segment,
                span=types.Span(*finding.span) if finding.span else None,
                message=finding.text,
                replacement=finding.instead,
                attributes=finding.attributes,
            )
            for finding in report.findings
        ],
        edits=[
            types.Edit(edit.segment, types.Span(*edit.span), edit.replacement)
            for edit in report.edits
        ],
        holds=[types.Hold(hold.segment, hold.start, hold.wake) for hold in report.holds.values()],
        skipped=[types.Skip(segment, reason) for segment, reason in report.skipped],
        notes=[types.Note(segment, content) for segment, content in report.notes],
        state=report.state,
    )
