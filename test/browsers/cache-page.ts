/** What the page of the cache tests runs: a page of a channel, and a document. The tests call what stands on `globalThis`. */
import * as Y from 'yjs'
import { type CachedPage, type CacheLimits, type Client, connect } from '../../src/client/index.js'
import { YjsProvider } from '../../src/yjs/index.js'

let client: Client
const pages = new Map<string, CachedPage>()
/** All data that was ever shown, of every channel. */
const shownEver: unknown[] = []
const ends: Record<string, string> = {}
let provider: YjsProvider | undefined
const doc = new Y.Doc()

function begin(who: string, cache: boolean | CacheLimits): void {
  client = connect('/channels', { token: () => who, share: 'none', cache })
}

async function read(channel: string, from?: string): Promise<void> {
  const page = (await client.cache()).page(channel, { from })
  pages.set(channel, page)
  page.view.subscribe((view) => shownEver.push(...(view?.messages ?? []).map(({ data }) => data)))
  page.closed.then(
    () => Object.assign(ends, { [channel]: 'closed' }),
    ({ code }) => Object.assign(ends, { [channel]: code }),
  )
}

function shown(channel: string) {
  const view = pages.get(channel)?.view.value
  return view && { data: view.messages.map(({ data }) => data), asOf: view.asOf ?? null }
}

/** How many messages, or updates, the database holds of each channel. */
async function kept(): Promise<Record<string, number>> {
  const name = `anywire cache ${location.origin}/channels`
  if (!(await indexedDB.databases()).some((one) => one.name === name)) return {}
  const asked = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const database = await asked(indexedDB.open(name))
  const all = await asked(database.transaction('records').objectStore('records').getAll())
  database.close()
  const counts: Record<string, number> = {}
  for (const { key, value } of all) {
    if (key === 'ledger') continue
    counts[key[1]] = (counts[key[1]] ?? 0) + (value.messages?.length ?? 1)
  }
  return counts
}

function write(channel: string): void {
  provider = new YjsProvider(client, channel, doc, { cache: true })
}

Object.assign(globalThis, {
  begin,
  read,
  shown,
  kept,
  write,
  shownEver: () => shownEver,
  ends: () => ends,
  clear: async () => (await client.cache()).clear(),
  close: () => client.close(),
  publish: async (channel: string, data: unknown, key?: string) =>
    (await client.publish(channel, data, { key })) && 'stored',
  /** Letter by letter. */
  type: (text: string) => {
    for (const letter of text) doc.getText().insert(doc.getText().length, letter)
  },
  desk: () => ({
    text: doc.getText().toString(),
    asOf: provider?.asOf.value ?? null,
    synced: provider?.synced.value,
    saved: provider?.saved.value,
    kept: provider?.kept.value,
    error: provider?.error.value?.code,
  }),
})
