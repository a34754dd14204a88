#!/usr/bin/env python3
"""A subscriber in Python, written from proto/README.md: prints every entry of a school's journal once,
in order, and goes on where it was when it is started again.

    subscriber.py CONTROL CURSOR_FILE [EVENTS [COUNT]]

Debian: python3-zmq, python3-protobuf; and, from proto/: protoc -I. --python_out=DIR roster/v1/*.proto
"""
import hashlib
import json
import os
import sys
import time
import uuid

import zmq
from google.protobuf.message import DecodeError
from roster.v1 import control_pb2, events_pb2, journal_pb2

VERSION = 1
MESSAGE_MAX = 4 << 20
TRY_MS = 3000  # for an answer, and for the silence after which the socket may be deaf


def digest(entry_bytes):
    return hashlib.blake2b(entry_bytes, digest_size=32).digest()


def open_socket(context, kind, endpoint):
    socket = context.socket(kind)
    socket.linger = 0
    socket.maxmsgsize = MESSAGE_MAX
    socket.reconnect_ivl_max = 1000
    if kind == zmq.SUB:
        socket.rcvhwm = 10_000
    socket.connect(endpoint)
    return socket


class Control:
    """A question and its answer. A daemon that is away or restarting is waited for."""

    def __init__(self, context, endpoint):
        self.socket = open_socket(context, zmq.DEALER, endpoint)

    def ask(self, school="", **body):
        while True:
            request = control_pb2.Request(version=VERSION, request_id=uuid.uuid4().hex, school=school, **body)
            self.socket.send(request.SerializeToString())
            deadline = time.monotonic() + TRY_MS / 1000
            while (left := deadline - time.monotonic()) > 0 and self.socket.poll(left * 1000):
                reply = control_pb2.Reply.FromString(self.socket.recv())
                if reply.request_id != request.request_id:
                    continue  # the late answer to an earlier question
                if not reply.HasField("error"):
                    return reply
                if reply.error.code != "unavailable":
                    sys.exit(f"rosterd refuses: {reply.error.message}")
                time.sleep(1)  # then it may be asked again
                break


class Cursor:
    """The last entry that was dealt with, and its digest; replaced as a whole, and on disk."""

    def __init__(self, path):
        self.path, self.seq, self.digest = path, 0, bytes(32)
        if os.path.exists(path):
            with open(path) as file:
                kept = json.load(file)
            self.seq, self.digest = kept["seq"], bytes.fromhex(kept["digest"])

    def save(self):
        with open(self.path + ".new", "w") as file:
            json.dump({"seq": self.seq, "digest": self.digest.hex()}, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(self.path + ".new", self.path)
        folder = os.open(os.path.dirname(os.path.abspath(self.path)), os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


class Subscriber:
    def __init__(self, control, cursor, school, count):
        self.control, self.cursor, self.school, self.left = control, cursor, school, count

    def replay(self, since, limit):
        """Entries, and the head. Only here can anything be found wrong with the journal."""
        body = control_pb2.Replay(since=since, limit=limit)
        reply = self.control.ask(self.school, replay=body).replay
        if reply.head < self.cursor.seq:
            sys.exit(f"the journal ends at {reply.head}, and entry {self.cursor.seq} was known")
        if not reply.entries and reply.head > since:
            sys.exit(f"the journal goes on to {reply.head}, and what follows {since} is not given")
        return reply.entries, reply.head

    def look_again(self):
        """Whether the journal still is the one that was known."""
        if self.cursor.seq > 0:
            entries, _ = self.replay(self.cursor.seq - 1, 1)
            if digest(entries[0]) != self.cursor.digest:
                sys.exit(f"another journal: entry {self.cursor.seq} is not the one that was known")

    def take(self, entry, entry_bytes):
        print(entry.seq, entry.WhichOneof("event"), flush=True)
        self.cursor.seq, self.cursor.digest = entry.seq, digest(entry_bytes)
        self.left -= 1

    def is_ours(self, message):
        return message.version == VERSION and message.school == self.school

    def follows(self, entry):
        return entry.seq == self.cursor.seq + 1 and entry.previous == self.cursor.digest

    def catch_up(self):
        """Asks until nothing is missing."""
        while self.left > 0:
            entries, head = self.replay(self.cursor.seq, min(1000, self.left))
            for entry_bytes in entries:
                try:
                    entry = journal_pb2.Entry.FromString(entry_bytes)
                except DecodeError:
                    entry = journal_pb2.Entry()
                if not self.is_ours(entry) or not self.follows(entry):
                    sys.exit(f"the journal is damaged: what follows {self.cursor.seq} does not fit")
                self.take(entry, entry_bytes)
            if entries:
                self.cursor.save()
            if self.cursor.seq == head:
                return

    def hear(self, topic, payload):
        """What is published is a hint. True: something may be missing."""
        try:
            if topic.endswith(b".Beat"):
                beat = events_pb2.Beat.FromString(payload)
                if not self.is_ours(beat):
                    return True
                if beat.head == self.cursor.seq and beat.head_hash != self.cursor.digest:
                    self.look_again()
                return beat.head > self.cursor.seq
            entry = journal_pb2.Entry.FromString(payload)
        except DecodeError:
            return True
        if self.is_ours(entry) and entry.seq <= self.cursor.seq:
            return False  # known
        if not self.is_ours(entry) or not self.follows(entry):
            return True
        self.take(entry, payload)
        self.cursor.save()
        return False


def main():
    control_endpoint, cursor_file = sys.argv[1:3]
    context = zmq.Context()
    control = Control(context, control_endpoint)
    status = control.ask(get_status=control_pb2.GetStatus()).status
    school = status.schools[0].school
    # Subscribed before the first question, so that nothing falls between.
    events = open_socket(context, zmq.SUB, sys.argv[3] if len(sys.argv) > 3 else status.events_endpoint)
    events.subscribe(school + ".")

    count = int(sys.argv[4]) if len(sys.argv) > 4 else sys.maxsize
    subscriber = Subscriber(control, Cursor(cursor_file), school, count)
    subscriber.look_again()
    subscriber.catch_up()
    while subscriber.left > 0:
        if not events.poll(TRY_MS):
            subscriber.catch_up()  # silence: the socket may be deaf
            continue
        frames = events.recv_multipart()
        if len(frames) != 2 or subscriber.hear(*frames):
            subscriber.catch_up()


main()
