"""HTTP/2 frame by frame, with heads that no ordinary client would send."""

import socket

import h2.config
import h2.connection
import h2.events


class Http2:
    """One connection, without TLS. Nothing that goes out is checked."""

    def __init__(self, port, patience=10):
        self.peer = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.http = h2.connection.H2Connection(
            h2.config.H2Configuration(
                header_encoding=None,
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
                validate_inbound_headers=False,
            )
        )
        self.http.initiate_connection()
        self.answers = {}
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.close()

    def flush(self):
        try:
            self.peer.sendall(self.http.data_to_send())
        except ConnectionError:
            self.end()

    def end(self):
        for answer in self.answers.values():
            answer["over"] = True

    def ask(self, path, frames=(), more=(), method=b"POST", trailers=None, end=True):
        """Begins a stream, and sends these pieces of a body, each in a frame of its own."""
        stream = self.http.get_next_available_stream_id()
        head = [
            (b":method", method),
            (b":scheme", b"http"),
            (b":authority", b"x"),
            (b":path", path),
            (b"content-type", b"application/json"),
            *more,
        ]
        self.answers[stream] = dict(status=None, body=b"", headers={}, over=False, reset=None)
        frames = list(frames)
        is_whole = end and not frames and not trailers
        head = [pair for pair in head if pair[1] is not None]
        self.http.send_headers(stream, head, end_stream=is_whole)
        for number, frame in enumerate(frames):
            while self.http.local_flow_control_window(stream) < len(frame):
                self.flush()
                self._read()
            is_last = end and not trailers and number + 1 == len(frames)
            self.http.send_data(stream, frame, end_stream=is_last)
        if trailers:
            self.http.send_headers(stream, trailers, end_stream=True)
        self.flush()
        return stream

    def reset(self, stream):
        self.http.reset_stream(stream)
        self.flush()

    def _read(self):
        try:
            data = self.peer.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self.end()
            return
        for event in self.http.receive_data(data):
            answer = self.answers.get(getattr(event, "stream_id", None))
            if isinstance(event, h2.events.ResponseReceived):
                headers = {name.decode(): value.decode() for name, value in event.headers}
                answer["status"], answer["headers"] = int(headers[":status"]), headers
            elif isinstance(event, h2.events.DataReceived):
                answer["body"] += event.data
                self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                answer["over"] = True
            elif isinstance(event, h2.events.StreamReset):
                answer["over"], answer["reset"] = True, event.error_code
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.end()
        self.flush()

    def answer(self, stream):
        """Status, headers and body of a stream, once it is over; the status is none if it was reset."""
        answer = self.answers[stream]
        while not answer["over"]:
            self._read()
        return answer["status"], answer["headers"], answer["body"]

    def all(self, *arguments, **more):
        """Asks, and waits for the answer."""
        return self.answer(self.ask(*arguments, **more))
