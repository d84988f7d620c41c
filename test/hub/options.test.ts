/** What a program gives is checked at once: a misspelt option is refused with the one that was meant. */
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub, memory } from '../../src/index.js'

const refused = (sentence: RegExp) =>
  expect.objectContaining({ code: 'bad-request', message: expect.stringMatching(sentence) })

function hub() {
  const made = createHub()
  onTestFinished(() => made.close({ graceMs: 0 }))
  return made
}

describe('createHub', () => {
  it.each<[object, RegExp]>([
    [{ authentication: () => null }, /no option "authentication" of createHub: did you mean "authenticate"\?/],
    [{ orgins: [] }, /did you mean "origins"\?/],
    [{ trustproxy: true }, /did you mean "trustProxy"\?/],
    [{ port: 8080 }, /no option "port" of createHub: use one of store, path/],
    [{ authenticate: 'secret' }, /"authenticate" of createHub must be a function; it is "secret"/],
    [{ authenticate: null }, /"authenticate" of createHub must be a function; it is null/],
    [{ cookie: true }, /"cookie" of createHub must be the name of a cookie; it is true/],
    [{ origins: 'https://app.example' }, /"origins" of createHub must be an array/],
    [{ hosts: ['https://app.example'] }, /"hosts" of createHub must be an array of host names/],
    [{ hosts: ['*'] }, /"hosts" of createHub must be an array of host names/],
    [{ trustProxy: 'yes' }, /"trustProxy" of createHub must be true, false or "forwarded"/],
    [{ create: 'never' }, /"create" of createHub must be/],
    [{ store: {} }, /"store" of createHub must be a store/],
    [{ rules: [] }, /"rules" of createHub must be an object/],
    [{ limits: 5 }, /"limits" of createHub must be an object/],
    [{ limits: { bodyByte: 1 } }, /no limit "bodyByte" of a hub: did you mean "bodyBytes"\?/],
    [{ rules: { a: { recieve: () => 1 } } }, /no field "recieve" of the rule "a": did you mean "receive"\?/],
  ])('refuses %j', (options, sentence) => {
    expect(() => createHub(options as never)).toThrow(refused(sentence))
  })

  it('takes undefined for what is left out', () => {
    const made = createHub({ authenticate: undefined, origins: undefined, limits: undefined, trustProxy: undefined })
    onTestFinished(() => made.close({ graceMs: 0 }))
  })
})

describe('memory', () => {
  it.each<[object, RegExp]>([
    [{ maxByte: 1 }, /did you mean "maxBytes"\?/],
    [{ maxBytes: '1 MB' }, /"maxBytes" of memory\(\) must be/],
    [{ maxChannels: 0 }, /"maxChannels" of memory\(\) must be/],
  ])('refuses %j', (options, sentence) => {
    expect(() => memory(options as never)).toThrow(refused(sentence))
  })
})

describe('the hub', () => {
  it('refuses options of attach, yjs and subscribe that cannot be', () => {
    const made = hub()
    expect(() => made.attach(createServer(), { pth: '/x' } as never)).toThrow(refused(/did you mean "path"\?/))
    expect(() => made.yjs('/yjs', { subscibe: false } as never)).toThrow(refused(/did you mean "subscribe"\?/))
    expect(() => made.yjs('/yjs', { publish: 'no' } as never)).toThrow(refused(/"publish" of hub\.yjs must be/))
    expect(() => made.subscribe('a', { offset: '-1' } as never)).toThrow(refused(/no option "offset"/))
    expect(() => made.subscribe('a', { slow: 'drop' } as never)).toThrow(refused(/"slow" of hub\.subscribe must be/))
  })

  it('refuses options of publish that cannot be, and stores nothing', async () => {
    const made = hub()
    const channel = made.channel('a')
    await expect(channel.publish(1, { keys: 'x' } as never)).rejects.toThrow(refused(/did you mean "key"\?/))
    await expect(made.publishBatch('a', [{ dta: 1, key: 'x' }] as never)).rejects.toThrow(
      refused(/no field "dta" of a message: did you mean "data"\?/),
    )
    await expect(made.publishBatch('a', { data: 1 } as never)).rejects.toThrow(refused(/is an array of messages/))
    await expect(made.close({ grace: 1 } as never)).rejects.toThrow(refused(/no option "grace" of hub\.close/))
    const { offset } = await made.publish('a', 1)
    for await (const message of made.subscribe('a', { from: 'start' })) {
      expect(message).toMatchObject({ offset })
      break
    }
  })
})
