import pytest

from floe.adapters.report.page import HtmlReportWriter
from floe.ports.report import ReportWriter
from floe.testing.report import ReportWriterContract


class TestHtmlReportWriter(ReportWriterContract):
    @pytest.fixture
    def writer(self) -> ReportWriter:
        return HtmlReportWriter()
