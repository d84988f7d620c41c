/** Editor: texts that many write at once. Yjs merges what they write; a document is a channel. */
import type { Hub, RuleContext } from 'anywire'
import { Doc, encodeStateAsUpdate } from 'yjs'
import type { Scenario } from './scenario.js'

const minutes = `# Harbour ferry, weekly round

Present: Ada, Sam, Kim. Regrets: Jo, who is at sea.

- The new ticket gates count passengers per deck. Kim has the numbers.
- Sam proposes to leave seven minutes later on Sundays, for the train.
- The horn of the Petrel is too loud. Or the Petrel is too close.

Next round: Thursday at nine, on the pier if it is dry.
`
const recipe = `# Noodles for four

400 g wheat noodles · 2 spring onions · 1 piece of ginger · 4 eggs
soy sauce, sesame oil, a little sugar

1. Boil the noodles two minutes less than the packet says.
2. Fry ginger and the white of the onions until they smell.
3. Everything into the pan. Eggs on top, the green of the onions last.
`
const packing = `# Three days in the hills

Tent (Sam), stove (Kim), the good map (nobody has seen it)
Rain jackets. Yes, all of us.
`

/** What documents begin with. Others are empty, and exist as soon as somebody writes. */
const beginnings = { minutes, recipe, packing }

export const editor: Scenario = {
  page: 'editor',
  rules: {},

  // For pages by anywire/yjs, and at /yjs/<room> for every editor that speaks y-websocket.
  mounts: (hub) => ({ yjs: hub.yjs('/yjs', { publish: named, presence: { graceMs: 5_000 } }) }),

  start(hub) {
    for (const [name, text] of Object.entries(beginnings)) {
      const doc = new Doc()
      doc.getText().insert(0, text)
      begin(hub, `editor/${name}`, doc)
    }
    return () => undefined
  },
}

/** Documents of the editor and boards, with names that fit into a path. */
const named = ({ params }: RuleContext) => /^(editor|whiteboard)\/[\w-]{1,40}$/.test(params.rest ?? '')

/** Publishes what a document begins with; the key keeps it until it is merged with what follows. */
export function begin(hub: Hub, room: string, doc: Doc): void {
  hub.publish(`yjs/${room}`, encodeStateAsUpdate(doc), { key: 'beginning' }).catch(console.error)
}
