/** How a server shares its channels' types with its pages: the schemas of its rules make what `Channels` says. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { createHub, type Rules } from 'anywire'
import { type Channels, type Price, priceSchema, type Said, saidSchema } from './channels.js'
import { same } from './same.js'

const rules = {
  'chat/:room': { schema: saidSchema },
  prices: { schema: priceSchema, key: '/symbol', keys: true, publish: false },
} satisfies Rules

const hub = createHub({ rules })

same<StandardSchemaV1.InferOutput<(typeof rules)['chat/:room']['schema']>, Channels['chat/7']>()
same<StandardSchemaV1.InferOutput<typeof rules.prices.schema>, Channels['prices']>()
same<Channels['chat/7'], Said>()
same<Channels['prices'], Price>()

void hub.publish('prices', { symbol: 'A', price: 1 } satisfies Channels['prices'])
// @ts-expect-error a price is a number
void hub.publish('prices', { symbol: 'A', price: '1' } satisfies Channels['prices'])
