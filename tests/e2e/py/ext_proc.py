"""A processor beside Envoy: what its filter `ext_proc` is told, and what it answers.

The messages are written by hand, for they are few: each is one field, whose number says what it is.
"""

import concurrent.futures

import grpc

# In a request; an answer's number is one less.
REQUEST_HEADERS, RESPONSE_HEADERS, REQUEST_BODY, RESPONSE_BODY = 2, 3, 4, 5
REQUEST_TRAILERS, RESPONSE_TRAILERS = 6, 7


def number(value):
    """A number of variable length."""
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(tag, data):
    """A field of bytes."""
    return number(tag << 3 | 2) + number(len(data)) + data


def fields(data):
    """The numbers and values of a message's fields."""
    at = 0

    def read():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = read()
        if key & 7 == 0:
            yield key >> 3, read()
        elif key & 7 == 2:
            size = read()
            yield key >> 3, data[at : at + size]
            at += size
        else:
            raise ValueError(key)


class Processor:
    """Changes bodies: `change` takes what it is, one of the numbers above, and the bytes."""

    def __init__(self, change):
        self.seen = []

        def process(requests, _):
            for request in requests:
                for kind, value in fields(request):
                    if not REQUEST_HEADERS <= kind <= RESPONSE_TRAILERS:
                        continue
                    common = b""
                    if kind in (REQUEST_HEADERS, RESPONSE_HEADERS):
                        # Bodies may get another length.
                        common = field(2, field(2, b"content-length"))
                    if kind in (REQUEST_BODY, RESPONSE_BODY):
                        body = dict(fields(value)).get(1, b"")
                        self.seen.append((kind, body))
                        changed = change(kind, body)
                        if changed != body:
                            common = field(3, field(1, changed))
                    # Bodies and headers have their answer in a field of its own, trailers have none.
                    inner = field(1, common) if kind < REQUEST_TRAILERS else b""
                    yield field(kind - 1, inner)

        handler = grpc.method_handlers_generic_handler(
            "envoy.service.ext_proc.v3.ExternalProcessor",
            {"Process": grpc.stream_stream_rpc_method_handler(process)},
        )
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(16))
        self.server.add_generic_rpc_handlers((handler,))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop(None)

    def cluster(self):
        """Envoy's way to it."""
        options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
        address = {"socket_address": {"address": "127.0.0.1", "port_value": self.port}}
        return {
            "name": "processor",
            "type": "STATIC",
            "connect_timeout": "2s",
            "load_assignment": {
                "cluster_name": "processor",
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
            },
            "typed_extension_protocol_options": {
                options: {
                    "@type": f"type.googleapis.com/{options}",
                    "explicit_http_config": {"http2_protocol_options": {}},
                }
            },
        }

    @staticmethod
    def filter(request_body="BUFFERED", response_body="BUFFERED"):
        """Envoy's filter that asks it."""
        return {
            "name": "envoy.filters.http.ext_proc",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
                "grpc_service": {"envoy_grpc": {"cluster_name": "processor"}, "timeout": "10s"},
                "message_timeout": "10s",
                "processing_mode": {
                    "request_header_mode": "SEND",
                    "response_header_mode": "SEND",
                    "request_body_mode": request_body,
                    "response_body_mode": response_body,
                },
            },
        }
