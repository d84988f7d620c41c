/** Who comes in when the playground is served to a network; and the code that lets them in. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { Lan } from '../../playground/server/lan.js'
import { qrCode } from '../../playground/src/share/qr.js'

const request = (remoteAddress: string, cookie?: string, url = '/chat/lobby') =>
  ({ socket: { remoteAddress }, headers: { cookie }, url }) as unknown as IncomingMessage

/** What a request is answered with. */
function answered(lan: Lan, url: string) {
  const answer: { status?: number; headers?: Record<string, string> } = {}
  const response = {
    writeHead(status: number, headers: Record<string, string>) {
      Object.assign(answer, { status, headers })
      return response
    },
    end: () => response,
  }
  lan.greet(request('192.168.1.7', undefined, url), response as unknown as ServerResponse)
  return answer
}

describe('a playground that is served to a network', () => {
  it('lets in programs of its machine, and devices with the key', () => {
    const lan = new Lan()
    for (const own of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) expect(lan.admits(request(own))).toBe(true)
    expect(lan.admits(request('192.168.1.7'))).toBe(false)
    expect(lan.admits(request('192.168.1.7', `visitor=x; lan=${lan.key}`))).toBe(true)
    for (const wrong of ['lan=', `lan=${lan.key}x`, `lan=${new Lan().key}`, `xlan=${lan.key}`])
      expect(lan.admits(request('192.168.1.7', wrong)), wrong).toBe(false)
  })

  it('gives the cookie to who comes with the key, and takes the key out of the address', () => {
    const lan = new Lan()
    const { status, headers } = answered(lan, `/chat/lobby?key=${lan.key}`)
    expect([status, headers?.location]).toEqual([303, '/chat/lobby'])
    const [cookie] = headers?.['set-cookie']?.split(';') ?? []
    expect(lan.admits(request('192.168.1.7', cookie))).toBe(true)
    expect(answered(lan, `//evil.example/?key=${lan.key}`).headers?.location).toBe('/evil.example/')
    expect(answered(lan, '/chat/lobby?key=other').status).toBe(403)
    expect(answered(lan, '/chat/lobby').status).toBe(403)
  })
})

describe('the QR code', () => {
  it('is as large as its text asks for, and refuses one that is too long', () => {
    expect(qrCode('hi')).toHaveLength(21)
    expect(qrCode('x'.repeat(106))).toHaveLength(37)
    expect(() => qrCode('x'.repeat(107))).toThrow(RangeError)
  })

  it('is the code that other encoders make of a text with mask 0', () => {
    const rows = qrCode('anywire').map((row) => row.map((dark) => (dark ? '#' : '.')).join(''))
    expect(rows).toEqual([
      '#######..#.##.#######',
      '#.....#..###..#.....#',
      '#.###.#.##.##.#.###.#',
      '#.###.#..#.#..#.###.#',
      '#.###.#...#.#.#.###.#',
      '#.....#.....#.#.....#',
      '#######.#.#.#.#######',
      '........##.##........',
      '###.########.##...#..',
      '.##..#...#....##..###',
      '##.########.#...#..##',
      '#.#..#.####...#......',
      '..#.#.#.###.#.####..#',
      '........#.##.#.######',
      '#######.#..#.########',
      '#.....#.##.###.##...#',
      '#.###.#.####.##.##.##',
      '#.###.#...#...#.#..#.',
      '#.###.#.###.#..###..#',
      '#.....#.#.....#....#.',
      '#######.###.#.#....##',
    ])
  })
})
