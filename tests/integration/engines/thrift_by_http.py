"""A plain Spark Thrift server in the manners of Databricks, so that its own connector talks to it.

The connector speaks Thrift by HTTP with a token; the server behind speaks it by SASL on a socket.
What only Databricks has (Arrow results, results with the first answer, catalogues beside Spark's
own) is left out of requests, and answers say that it is not there.
"""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import thrift_sasl
from databricks.sql.thrift_api.TCLIService import TCLIService
from databricks.sql.thrift_api.TCLIService import ttypes as types
from pyhive.sasl_compat import PureSASLClient
from thrift.protocol import TBinaryProtocol
from thrift.transport import TSocket, TTransport

from tests.integration.engines.process import LOOPBACK
from tests.integration.engines.spark_cluster import ThriftServer
from tests.integration.engines.web import Answer, Request, Service

_NOT_SPARKS_OWN = ("query_tags", "ansi_mode")
_COLUMNS = ("bool", "byte", "i16", "i32", "i64", "double", "string", "binary")
_MOST_ROWS = 10_000


class _Session(NamedTuple):
    """A client of the Thrift server, which answers one question at a time."""

    client: Any
    lock: "threading.RLock"

    def ask(self, name: str, request: Any) -> Any:
        with self.lock:
            return getattr(self.client, name)(request)


class _Service:
    """What Databricks is asked, asked of the Thrift server."""

    def __init__(self, server: ThriftServer) -> None:
        self._server = server
        self._sessions: dict[bytes, _Session] = {}
        self._operations: dict[bytes, _Session] = {}

    def OpenSession(self, request: Any) -> Any:  # noqa: N802 - Thrift's name
        session = _Session(_client(self._server), threading.RLock())
        given = request.configuration or {}
        said = {
            key: text
            for key, text in given.items()
            if key.lower() not in _NOT_SPARKS_OWN and not key.startswith("spark.thriftserver")
        }
        version = types.TProtocolVersion
        asked = types.TOpenSessionReq(
            client_protocol=version.HIVE_CLI_SERVICE_PROTOCOL_V8, configuration=said
        )
        answer = session.ask("OpenSession", asked)
        self._sessions[answer.sessionHandle.sessionId.guid] = session
        answer.serverProtocolVersion = (
            version.SPARK_CLI_SERVICE_PROTOCOL_V7
            if request.client_protocol_i64
            else request.client_protocol  # of a client that knows Hive's protocol only
        )
        answer.canUseMultipleCatalogs = True
        answer.initialNamespace = request.initialNamespace
        return answer

    def CloseSession(self, request: Any) -> Any:  # noqa: N802 - Thrift's name
        session = self._sessions.pop(request.sessionHandle.sessionId.guid)
        answer = session.ask("CloseSession", request)
        session.client._iprot.trans.close()
        return answer

    def ExecuteStatement(self, request: Any) -> Any:  # noqa: N802 - Thrift's name
        statement = request.statement.replace("`hive_metastore`", "`spark_catalog`")
        asked = types.TExecuteStatementReq(
            sessionHandle=request.sessionHandle, statement=statement, runAsync=True
        )
        return self._started("ExecuteStatement", asked)

    def GetSchemas(self, request: Any) -> Any:  # noqa: N802 - Thrift's name
        return self._started("GetSchemas", _plain(request))

    def GetTables(self, request: Any) -> Any:  # noqa: N802 - Thrift's name
        return self._started("GetTables", _plain(request))

    def GetColumns(self, request: Any) -> Any:  # noqa: N802 - Thrift's name
        return self._started("GetColumns", _plain(request))

    def GetOperationStatus(self, request: Any) -> Any:  # noqa: N802 - Thrift's name
        return self._of_operation("GetOperationStatus", request)

    def CancelOperation(self, request: Any) -> Any:  # noqa: N802 - Thrift's name
        return self._of_operation("CancelOperation", request)

    def CloseOperation(self, request: Any) -> Any:  # noqa: N802 - Thrift's name
        return self._of_operation("CloseOperation", request)

    def GetResultSetMetadata(self, request: Any) -> Any:  # noqa: N802 - Thrift's name
        answer = self._of_operation("GetResultSetMetadata", request)
        answer.resultFormat = types.TSparkRowSetType.COLUMN_BASED_SET
        answer.lz4Compressed = False
        answer.isStagingOperation = False
        if answer.schema is None:
            answer.schema = types.TTableSchema(columns=[])
        return answer

    def FetchResults(self, request: Any) -> Any:  # noqa: N802 - Thrift's name
        most = request.maxRows or _MOST_ROWS
        asked = types.TFetchResultsReq(
            operationHandle=request.operationHandle,
            orientation=request.orientation,
            maxRows=most,
            fetchType=0,
        )
        answer = self._of_operation("FetchResults", asked)
        about = types.TGetResultSetMetadataReq(operationHandle=request.operationHandle)
        answer.resultSetMetadata = self.GetResultSetMetadata(about)
        if not answer.results.columns:
            answer.results.columns = _empty(answer.resultSetMetadata.schema)
        answer.hasMoreRows = _rows(answer.results) >= most
        return answer

    def _started(self, name: str, request: Any) -> Any:
        session = self._sessions[request.sessionHandle.sessionId.guid]
        answer = session.ask(name, request)
        if answer.operationHandle:
            self._operations[answer.operationHandle.operationId.guid] = session
        return answer

    def _of_operation(self, name: str, request: Any) -> Any:
        session = self._operations[request.operationHandle.operationId.guid]
        return session.ask(name, request)


def _client(server: ThriftServer) -> Any:
    transport = thrift_sasl.TSaslClientTransport(
        lambda: PureSASLClient(LOOPBACK, username=server.user, password=server.password),
        "PLAIN",
        TSocket.TSocket(LOOPBACK, server.port),
    )
    transport.open()
    return TCLIService.Client(TBinaryProtocol.TBinaryProtocol(transport))


def _plain(request: Any) -> Any:
    """Return *request* as a server with one catalogue takes it."""
    request.getDirectResults = None
    request.runAsync = None
    request.catalogName = None
    return request


def _empty(schema: Any) -> list[Any]:
    """Return the columns of a result without rows, for which Spark sends none."""
    nothing = types.TStringColumn(values=[], nulls=b"")
    return [types.TColumn(stringVal=nothing) for _ in schema.columns]


def _rows(results: Any) -> int:
    """Return how many rows *results* have, by the one typed list that each column fills."""
    filled = [
        len(values.values)
        for column in results.columns or []
        for kind in _COLUMNS
        if (values := getattr(column, f"{kind}Val")) is not None
    ]
    return max(filled, default=0)


def warehouse(server: ThriftServer, lets_in: Callable[[Request], bool]) -> Service:
    """Return the service that takes the connector's questions from whom *lets_in* lets in."""
    processor = TCLIService.Processor(_Service(server))
    protocol = TBinaryProtocol.TBinaryProtocol

    def answer(request: Request) -> Answer:
        if not lets_in(request):
            return Answer(401)
        asked, said = TTransport.TMemoryBuffer(request.body), TTransport.TMemoryBuffer()
        processor.process(protocol(asked), protocol(said))
        return Answer(body=said.getvalue(), kind="application/x-thrift")

    return answer
