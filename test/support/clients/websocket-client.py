"""A client by python3-websockets: prints what it gets, a line each, and the close code at last.

websocket-client.py URL [SUBPROTOCOL]; each line of the standard input is sent as a text frame.
"""
import asyncio
import sys

import websockets


async def main(url, *subprotocols):
    async with websockets.connect(url, subprotocols=subprotocols or None) as socket:
        print(f"open {socket.subprotocol or ''}".strip(), flush=True)
        asyncio.get_running_loop().add_reader(
            sys.stdin, lambda: send(socket, sys.stdin.readline())
        )
        try:
            while True:
                frame = await socket.recv()
                print(frame if isinstance(frame, str) else f"bytes {frame.hex()}", flush=True)
        except websockets.ConnectionClosed as closed:
            print(f"closed {closed.code} {closed.reason}", flush=True)


def send(socket, line):
    if line:
        asyncio.ensure_future(socket.send(line.rstrip("\n")))
    else:
        asyncio.get_running_loop().remove_reader(sys.stdin)


asyncio.run(main(*sys.argv[1:]))
