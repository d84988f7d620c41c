/** `npm start` with options that cannot be: a sentence each, and a text for `--help`. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Program } from '../support/program.js'

const start = (...args: string[]) => new Program('scripts/run.js', ['playground', ...args]).exited

describe('npm start', () => {
  it('tells its options', async () => {
    const { code, lines } = await start('--help')
    expect([code, lines.includes('Usage: npm start -- [options]')]).toEqual([0, true])
    expect(lines.join('\n')).toMatch(/--port <port>.*--host <host>.*--lan/s)
  })

  it.each([
    ['an option that is none', ['--prot', '1'], /^error: Unknown option '--prot'\. "npm start -- --help" lists the/],
    [
      'a port that is none',
      ['--port', 'abc'],
      /^error: --port must be a whole number from 0 to 65535; it is "abc"\.\n$/,
    ],
    [
      'a port that is too high',
      ['--port', '80000'],
      /^error: --port must be a whole number from 0 to 65535; it is "80/,
    ],
  ])('says what is wrong with %s', async (_what, args, sentence) => {
    const { code, errors } = await start(...args)
    expect(errors).toMatch(sentence)
    expect(code).toBe(1)
  })

  it('says that a port is in use, and what to do', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void taken.close())
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const { code, errors } = await start('--port', `${port}`)
    expect([code, errors]).toEqual([
      1,
      `error: Port ${port} is in use: stop what listens there, or choose another one: npm start -- --port 8081\n`,
    ])
  })
})
