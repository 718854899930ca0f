"""The partner server alone: it must see every violation, or the main job's zero proves nothing."""
import argparse
import json
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "partner"))
from partner_client import partner_client, report  # noqa: E402

SERVER = ""


class PartnerServer(unittest.TestCase):
    def setUp(self) -> None:
        self.log = tempfile.NamedTemporaryFile("r", suffix=".jsonl")
        self.start()

    def start(self, *flags: str) -> None:
        self.server = subprocess.Popen([SERVER, "--log", self.log.name, *flags], stdout=subprocess.PIPE,
                                       text=True)
        assert self.server.stdout
        self.address = self.server.stdout.readline().strip()

    def tearDown(self) -> None:
        self.server.terminate()
        self.assertEqual(self.server.wait(5), 0)
        if self.server.stdout:
            self.server.stdout.close()
        self.log.close()

    def events(self, kind: str) -> list[dict]:
        self.log.seek(0)
        return [e for e in map(json.loads, self.log) if e["event"] == kind]

    def test_an_update_is_answered_after_ten_milliseconds_and_kept(self) -> None:
        with partner_client(self.address) as client:
            self.assertTrue(client.ask("LOGIN", node="n1", token="7")["ok"])
            start = time.monotonic()
            self.assertTrue(client.ask("UPDATE", customer_id="c1", version=3, token="7")["ok"])
            self.assertGreaterEqual(time.monotonic() - start, 0.0099)
            self.assertTrue(client.ask("UPDATE", customer_id="c\"ü\\1", version=1, token="7")["ok"])
            seen = client.ask("REPORT")
        self.assertEqual(seen["customers"], {"c1": 3, "c\"ü\\1": 1})
        self.assertEqual((seen["sessions"], seen["updates"], seen["overlaps"]), (1, 2, 0))
        self.assertEqual(len(self.events("update")), 2)

    def test_without_a_session_nothing_is_updated(self) -> None:
        with partner_client(self.address) as client:
            self.assertFalse(client.ask("UPDATE", customer_id="c1", version=3)["ok"])
            client.ask("LOGIN", node="n1")
            client.ask("LOGOUT")
            self.assertIn("log in", client.ask("UPDATE", customer_id="c1", version=3)["error"])
            self.assertEqual(client.ask("REPORT")["customers"], {})

    def test_a_second_session_is_an_overlap_and_refused(self) -> None:
        with partner_client(self.address) as one, partner_client(self.address) as two:
            one.ask("LOGIN", node="n1", token="1")
            self.assertIn("n1", two.ask("LOGIN", node="n2", token="2")["error"])
            self.assertEqual(report(self.address)["overlaps"], 1)

    def test_counting_lets_the_second_session_in_and_sees_updates_overlap(self) -> None:
        self.tearDown()
        self.log = tempfile.NamedTemporaryFile("r", suffix=".jsonl")
        self.start("--overlap", "count", "--answer-ms", "200")
        with partner_client(self.address) as one, partner_client(self.address) as two:
            one.ask("LOGIN", node="n1", token="1")
            self.assertTrue(two.ask("LOGIN", node="n2", token="2")["ok"])
            one.send({"op": "UPDATE", "customer_id": "a", "version": 1, "token": "2"})
            two.send({"op": "UPDATE", "customer_id": "b", "version": 1, "token": "2"})
            one.answer()
            two.answer()
        seen = report(self.address)
        self.assertEqual((seen["overlaps"], seen["overlapping_updates"]), (1, 1))

    def test_a_closed_or_reset_connection_ends_its_session_before_the_next_login(self) -> None:
        for reset in [False, True] * 50:
            one = partner_client(self.address)
            self.assertTrue(one.ask("LOGIN", node="n1")["ok"])
            if reset:
                one.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with partner_client(self.address) as two:
                self.server.send_signal(signal.SIGSTOP)  # so that both events are read in one round
                one.close()
                two.send({"op": "LOGIN", "node": "n2"})
                self.server.send_signal(signal.SIGCONT)
                self.assertTrue(two.answer()["ok"])
        seen = report(self.address)
        self.assertEqual(seen["overlaps"], 0)
        self.assertGreaterEqual(seen["sessions"], 200)
        self.assertGreaterEqual(len(seen["gaps"]), 100)

    def test_a_lower_token_is_refused_and_counted(self) -> None:
        with partner_client(self.address) as client:
            client.ask("LOGIN", node="n1", token="18446744073")
            self.assertIn("token", client.ask("UPDATE", customer_id="a", version=1, token="5")["error"])
            client.ask("LOGOUT")
            self.assertFalse(client.ask("LOGIN", node="n2", token="17")["ok"])
            self.assertEqual(client.ask("REPORT")["token_regressions"], 2)

    def test_an_older_version_after_a_newer_one_is_counted(self) -> None:
        with partner_client(self.address) as client:
            client.ask("LOGIN", node="n1")
            for version in (1, 2, 2, 1):
                client.ask("UPDATE", customer_id="a", version=version)
            seen = client.ask("REPORT")
        self.assertEqual((seen["version_regressions"], seen["customers"]), (1, {"a": 1}))

    def test_an_update_whose_client_dies_is_applied_all_the_same(self) -> None:
        client = partner_client(self.address)
        client.ask("LOGIN", node="n1")
        client.send({"op": "UPDATE", "customer_id": "a", "version": 9})
        client.close()
        end = time.monotonic() + 5
        while report(self.address)["customers"] != {"a": 9}:
            self.assertLess(time.monotonic(), end)

    def test_garbage_gets_an_error_and_does_no_harm(self) -> None:
        for line in (b"{", b"[]", b"\x00\xff", b'{"op":"LOGIN"}x', b'{"a":' * 100, b'{"op":"FLY"}',
                     b'{"op":"UPDATE"}'):
            with partner_client(self.address) as client:
                client.socket.sendall(line + b"\n")
                self.assertFalse(client.answer()["ok"])
        with partner_client(self.address) as client, self.assertRaises((ConnectionError, OSError)):
            client.socket.sendall(b"x" * (1 << 21))
            client.answer()
        self.assertEqual(report(self.address)["sessions"], 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    known, rest = parser.parse_known_args()
    SERVER = known.server
    unittest.main(argv=[sys.argv[0], *rest])
