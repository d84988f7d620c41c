/** Clients that send compressed cost no more memory than others. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { clientFrame } from '../hostile/frames.js'
import { rawSocket, type Socket, session } from '../support/clients/socket.js'
import { HubProcess } from '../support/process/hub-process.js'
import { deflated } from './story.js'

describe('a hub with compress', () => {
  it('keeps no inflater for a client when its message is there', async () => {
    const hub = await HubProcess.start({ rules: { '*': { compress: true } } })
    onTestFinished(() => hub.kill())
    const count = 200
    const url = `ws://127.0.0.1:${hub.port}/channels`
    const open = () => session(url, { deflate: true })
    const ping = async (socket: Socket) => {
      rawSocket(socket).write(clientFrame(1, deflated('{"type":"ping","id":1}'), { rsv: 4 }))
      await socket.frame('pong')
    }
    await ping(await open())
    const sockets = await Promise.all(Array.from({ length: count }, open))
    const before = (await hub.holdings()).bytes
    await Promise.all(sockets.map(ping))
    // The output of an inflater alone weighs 16 KiB.
    expect(((await hub.holdings()).bytes - before) / count).toBeLessThan(4 * 1_024)
  })
})
