/** What clients send with permessage-deflate negotiated: well-formed, malformed, and bombs. RFC 7692. */
import { describe, expect, it } from 'vitest'
import { clientFrame } from '../hostile/frames.js'
import { connect, rawSocket, type Socket } from '../support/clients/socket.js'
import { serveHub } from '../support/hub-server.js'
import { deflated } from './story.js'

const options = { compress: true }
const MiB = 1_048_576
const rsv1 = { rsv: 4 }

const send = (socket: Socket, ...frames: Buffer[]) => rawSocket(socket).write(Buffer.concat(frames))

describe('with permessage-deflate', () => {
  it('takes compressed, uncompressed and fragmented messages, in order', async () => {
    const { socketUrl } = await serveHub(options)
    const socket = await connect(socketUrl('news'), { deflate: true })
    const whole = deflated(JSON.stringify('whole'.repeat(100)))
    const parts = deflated(JSON.stringify('parts'.repeat(100)))
    send(
      socket,
      clientFrame(1, whole, rsv1),
      clientFrame(1, '"plain"'),
      clientFrame(1, parts.subarray(0, 5), { ...rsv1, fin: false }),
      clientFrame(9, 'ping'),
      clientFrame(0, parts.subarray(5, 9), { fin: false }),
      clientFrame(0, parts.subarray(9)),
      clientFrame(1, deflated('"last"'), rsv1),
    )
    const frames = (await socket.take(4)).map((frame) => JSON.parse(String(frame)))
    expect(frames).toEqual(['whole'.repeat(100), 'plain', 'parts'.repeat(100), 'last'])
  })

  it.each([
    ['1007 what is no deflate', [clientFrame(1, Buffer.from([0xff, 0xff, 0xff, 0xff]), rsv1)], 1007],
    ['1007 what breaks off in a block', [clientFrame(1, Buffer.from([1, 200, 0, 55, 255, 97]), rsv1)], 1007],
    ['1007 text that is not UTF-8', [clientFrame(1, deflated(Buffer.from([0x22, 0xff, 0x22])), rsv1)], 1007],
    ['1002 a compressed ping', [clientFrame(9, deflated('x'), rsv1)], 1002],
    ['1002 a compressed continuation', [clientFrame(1, '"a', { fin: false }), clientFrame(0, '"', rsv1)], 1002],
    ['1002 reserved bits', [clientFrame(1, deflated('1'), { rsv: 6 })], 1002],
  ])('closes with %s', async (_what, frames, code) => {
    const { hub, socketUrl } = await serveHub(options)
    const socket = await connect(socketUrl('news'), { deflate: true })
    send(socket, ...frames)
    expect((await socket.closed).code).toBe(code)
    await expect.poll(() => hub.stats().connections).toBe(0)
  })

  it('lets go of a client that has gone, whatever it has left to be inflated', async () => {
    const { hub, socketUrl } = await serveHub(options)
    const bomb = clientFrame(1, deflated(Buffer.alloc(4 * MiB - 1, ' ')), rsv1)
    for (let i = 0; i < 40; i++) {
      const socket = await connect(socketUrl('news'), { deflate: true })
      const sent = new Promise<void>((resolve) =>
        rawSocket(socket).write(Buffer.concat(Array(15).fill(bomb)), () => resolve()),
      )
      await sent
      rawSocket(socket).destroy()
    }
    const before = process.cpuUsage()
    await expect.poll(() => hub.stats().connections).toBe(0)
    const { user, system } = process.cpuUsage(before)
    // All of it would be 600 messages of 4 MiB.
    expect((user + system) / 1_000).toBeLessThan(2_500)
  })

  it('closes with 1002 what is compressed without the extension', async () => {
    const { socketUrl } = await serveHub()
    const socket = await connect(socketUrl('news'), { deflate: true })
    expect(socket.webSocket.extensions).toBe('')
    send(socket, clientFrame(1, deflated('1'), rsv1))
    expect((await socket.closed).code).toBe(1002)
  })

  it('closes with 1009 a bomb of 1,000 times its size, and has held no more of it than a message may have', async () => {
    const { hub, socketUrl } = await serveHub(options)
    const bystander = await connect(socketUrl('news'), { deflate: true })
    const bomb = deflated(Buffer.alloc(200 * MiB, '0'))
    expect(bomb.length).toBeLessThan(MiB / 4)
    const before = process.memoryUsage().rss
    const sockets = await Promise.all(Array.from({ length: 10 }, () => connect(socketUrl('news'), { deflate: true })))
    for (const socket of sockets) send(socket, clientFrame(1, bomb, rsv1))
    for (const socket of sockets) expect((await socket.closed).code).toBe(1009)
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MiB)
    await hub.publish('news', 'still here')
    expect(await bystander.next()).toBe('"still here"')
  })
})
