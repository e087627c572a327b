"""The real server on a company, for scenarios."""

import http.client
import json
import re
import signal
import subprocess
import threading

from company import SINAN

HANG_SECONDS = 120  # a guard, never a measure


class Served:
    """`sinan serve` on a free port, until the block ends; then it has stopped cleanly."""

    def __init__(self, case, *options):
        self.case, self.options = case, options

    def __enter__(self):
        self.process = subprocess.Popen([str(SINAN), "-C", str(self.case.dir), "serve", "--port", "0", "--no-schedule", *self.options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.talk = []
        self.reader = threading.Thread(target=lambda: self.talk.extend(self.process.stderr), daemon=True)
        self.reader.start()
        address = self.process.stdout.readline()
        found = re.match(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", address)
        self.case.assertTrue(found, address + "".join(self.talk))
        self.port, self.token = int(found[1]), found[2]
        return self

    def ask(self, method, path, headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG_SECONDS)
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        connection.putrequest(method, path, skip_host="Host" in headers)
        for key, value in headers.items():
            if value is not None:
                connection.putheader(key, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def json(self, method, path, body=None):
        """A request with a JSON body, and its answer."""
        text = None if body is None else json.dumps(body).encode()
        status, answer = self.ask(method, path, {"Content-Type": "application/json"}, text)
        return status, json.loads(answer)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=HANG_SECONDS)
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        self.case.assertEqual(code, 0, "".join(self.talk))
