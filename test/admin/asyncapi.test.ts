/** The AsyncAPI document: the channels of a hub's rules, as they are in effect. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { Ajv } from 'ajv'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAdmin } from '../../src/admin/index.js'
import { createHub, type Rule, type Rules } from '../../src/index.js'

const specification = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0-without-$id.json')

interface Document {
  readonly channels: Readonly<Record<string, { readonly address: string; readonly parameters?: object }>>
  readonly operations: Readonly<Record<string, { readonly action: string }>>
}

async function documentOf(rules: Rules) {
  const hub = createHub({ path: '/live', rules, onError: () => undefined })
  onTestFinished(() => hub.close({ graceMs: 0 }))
  const server = createServer(createAdmin(hub)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const read = async () => {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/asyncapi.json`)
    return (await answer.json()) as Document
  }
  return { hub, read }
}

/** A schema that can say itself as JSON Schema. */
function schema(spell: () => Record<string, unknown>): NonNullable<Rule['schema']> {
  const standard = { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } as const
  return { '~standard': { ...standard, jsonSchema: { input: spell, output: spell } } } as never
}

const price = { type: 'object', properties: { at: { type: 'number' } }, required: ['at'] }
const rules: Rules = {
  'prices/:market/:symbol': { keys: true, publish: false, schema: schema(() => price) },
  'files/*': { contentType: 'image/png', subscribe: () => true },
  'odd$~name': {
    schema: schema(() => {
      throw new Error('not to be spelt')
    }),
  },
}

describe('the AsyncAPI document', () => {
  it('is one of AsyncAPI 3.0', async () => {
    const document = await (await documentOf(rules)).read()
    const ajv = new Ajv({ strict: false, validateFormats: false })
    const validate = ajv.compile(JSON.parse(readFileSync(specification, 'utf8')))
    expect([validate(document), validate.errors]).toEqual([true, null])
  })

  it('has a channel for each rule: address, parameters, type and schema', async () => {
    const { channels } = await (await documentOf(rules)).read()
    expect(Object.values(channels)).toMatchObject([
      {
        address: '/live/prices/{market}/{symbol}',
        parameters: { market: {}, symbol: {} },
        messages: { message: { contentType: 'application/json', payload: price } },
      },
      { address: '/live/files/{rest}', parameters: { rest: {} }, messages: { message: { contentType: 'image/png' } } },
      { address: '/live/odd$~name', messages: { message: { contentType: 'application/json' } } },
    ])
  })

  it('tells what a client may do with it', async () => {
    const { operations } = await (await documentOf(rules)).read()
    expect(Object.entries(operations).map(([name, { action }]) => `${name} ${action}`)).toEqual([
      'read_0_prices_market_symbol send',
      'read_1_files_ send',
      'publish_1_files_ receive',
      'read_2_odd_name send',
      'publish_2_odd_name receive',
    ])
  })

  it('follows rules that are changed', async () => {
    const { hub, read } = await documentOf(rules)
    hub.reconfigure({ rules: { news: {} } })
    expect(Object.values((await read()).channels)).toMatchObject([{ address: '/live/news' }])
  })
})
