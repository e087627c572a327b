"""Real PostgreSQL and MariaDB servers for scenarios: from Debian's packages, on a free loopback port, in a temporary folder.

    server = PostgresServer()                       # starts; raises when it does not
    server.rows("SELECT 1")                         # [["1"]]; cells as text, NULL is None
    session = server.session()                      # one connection, for transactions that stay open
    server.stop()                                   # and removes its folder

Speaks through the servers' own command-line clients, so that it is an oracle of our connectors. A server dies with the process that
started it, also when that is killed. Started as root, it runs as the system account of its package.
"""

import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_SECONDS = 90  # a hang guard: a busy machine takes its time
NULL = "\\N"


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Session:
    """One connection of a command-line client; every statement is answered before the next."""

    MARK = "--answered--"

    def __init__(self, command, mark, env):
        self.mark = mark
        self.client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, preexec_fn=die_with_parent)

    def rows(self, sql):
        try:
            self.client.stdin.write(f"{sql.rstrip().rstrip(';')};\n{self.mark}\n")
            self.client.stdin.flush()
        except BrokenPipeError:
            pass
        lines = []
        for line in self.client.stdout:
            line = line.rstrip("\n")
            if line == self.MARK:
                break
            lines.append([None if cell == NULL or cell == "NULL" else cell for cell in line.split("\t")])
        else:
            raise RuntimeError(f"{sql}: {lines[-3:]}")
        wrong = [line[0] for line in lines if line and line[0] and line[0].startswith("ERROR")]
        if wrong:
            raise RuntimeError(f"{sql}: {wrong[0]}")
        return lines

    def close(self):
        try:
            self.client.stdin.close()
        except BrokenPipeError:  # the client is gone, and with it what it had not read
            pass
        self.client.wait()
        self.client.stdout.close()


class Server:
    account = ""
    server = None

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"sinan-{self.account}-"))
        self.owner = self.account if os.getuid() == 0 else None
        try:
            if self.owner:
                shutil.chown(self.folder, self.owner, pwd.getpwnam(self.owner).pw_gid)
            self.prepare()
            self.port = free_port()
            self.start()
            self.talk = self.session()
        except BaseException:
            self.stop()
            raise

    def run_as_owner(self, *command):
        done = subprocess.run(list(map(str, command)), user=self.owner, group=self.group(), extra_groups=[] if self.owner else None, cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")

    def group(self):
        return pwd.getpwnam(self.owner).pw_gid if self.owner else None

    def start(self):
        """Returns when the server answers."""
        log = open(self.folder / "server.log", "ab")
        with log:
            self.server = subprocess.Popen(
                list(map(str, self.command())), user=self.owner, group=self.group(), extra_groups=[] if self.owner else None,
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.account} does not start: {(self.folder / 'server.log').read_text(errors='replace')[-3000:]}")

    def answers(self):
        session = self.session()
        try:
            session.rows("SELECT 1")
            return True
        except RuntimeError:
            return False
        finally:
            session.close()

    def session(self):
        return Session(self.client(), self.mark, {**os.environ, **self.client_env()})

    def rows(self, sql):
        return self.talk.rows(sql)

    def kill(self):
        """At once, as a crash would; committed rows stay."""
        if self.server:
            self.server.send_signal(self.crash_signal)
            self.server.wait()
            self.server = None

    def stop(self):
        if getattr(self, "talk", None):
            self.talk.close()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self):
        return f"{self.scheme}://sinan:secret@127.0.0.1:{self.port}/company"


class PostgresServer(Server):
    account, scheme, mark = "postgres", "postgresql", f"\\echo {Session.MARK}"
    crash_signal = signal.SIGQUIT  # an immediate shutdown waits for its children, which hold shared memory

    @staticmethod
    def program(name):
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
        if not found:
            raise RuntimeError("PostgreSQL is not installed: run script/bootstrap")
        return found[-1]

    def prepare(self):
        password = self.folder / "password"
        password.write_text("secret\n")
        self.run_as_owner(self.program("initdb"), "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "-U", "sinan", "--pwfile", password, "-D", self.folder / "data")

    def command(self):
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "shared_buffers": "32MB", "timezone": "Asia/Shanghai"}
        return [self.program("postgres"), "-D", self.folder / "data", "-p", self.port, *(word for key, value in settings.items() for word in ("-c", f"{key}={value}"))]

    def client(self, database="company"):
        return ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-P", f"null={NULL}", "-h", "127.0.0.1", "-p", str(self.port), "-U", "sinan", "-d", database]

    def client_env(self):
        return {"PGPASSWORD": "secret", "PGOPTIONS": "-c client_min_messages=error"}

    def answers(self):
        return subprocess.run([*self.client("postgres"), "-c", "CREATE DATABASE company"], env={**os.environ, **self.client_env()}, capture_output=True).returncode == 0 or super().answers()


class MariadbServer(Server):
    account, scheme, mark = "mysql", "mysql", f"SELECT '{Session.MARK}';"
    crash_signal = signal.SIGKILL

    def prepare(self):
        self.run_as_owner("mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", f"--datadir={self.folder / 'data'}", "--innodb-log-file-size=16M", "--skip-name-resolve")
        (self.folder / "setup.sql").write_text(
            "CREATE DATABASE IF NOT EXISTS company CHARACTER SET utf8mb4;\n"
            "CREATE USER IF NOT EXISTS 'sinan'@'127.0.0.1' IDENTIFIED BY 'secret';\n"
            "GRANT ALL ON *.* TO 'sinan'@'127.0.0.1';\n"
        )

    def command(self):
        return ["mariadbd", "--no-defaults", f"--datadir={self.folder / 'data'}", f"--socket={self.folder / 'server.sock'}", f"--pid-file={self.folder / 'server.pid'}",
                f"--init-file={self.folder / 'setup.sql'}", f"--port={self.port}", "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin",
                "--performance-schema=OFF", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M", "--default-time-zone=+08:00"]  # fmt: skip

    def client(self):
        return ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--unbuffered", "--force", "--default-character-set=utf8mb4", "-h", "127.0.0.1", "-P", str(self.port), "-u", "sinan", "company"]

    def client_env(self):
        return {"MYSQL_PWD": "secret"}
