"""A role that does nothing but say that it is ready: what the stack's tests start instead of the services."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Readiness(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["KAFKA_BOOTSTRAP"].encode())

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


HTTPServer(("127.0.0.1", int(os.environ["HTTP_PORT"])), Readiness).serve_forever()
