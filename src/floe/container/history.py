"""What floe remembers of a project between its runs, and the page that shows it."""

from pathlib import Path

from dependency_injector import containers, providers

from floe.ports.memory import Memory
from floe.ports.report import ReportWriter
from floe.ports.run_archive import RunArchive


def _memory(state_dir: Path) -> Memory:
    from floe.adapters.state_files import StateFiles

    return StateFiles(state_dir)


def _run_archive(state_dir: Path) -> RunArchive:
    from floe.adapters.run_archive import JsonRunArchive

    return JsonRunArchive(state_dir / "runs")


def _report_writer() -> ReportWriter:
    from floe.adapters.report.page import HtmlReportWriter

    return HtmlReportWriter()


class History(containers.DeclarativeContainer):
    """What keeps the past of a project, below its state directory."""

    state_dir = providers.Dependency(instance_of=Path)

    memory: providers.Provider[Memory] = providers.Singleton(_memory, state_dir)
    run_archive: providers.Provider[RunArchive] = providers.Singleton(_run_archive, state_dir)
    report_writer: providers.Provider[ReportWriter] = providers.Singleton(_report_writer)
