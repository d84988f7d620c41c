/** What the channels of an application hold: one file that its server and its pages import. */
import type { StandardSchemaV1 } from '@standard-schema/spec'

export interface Said {
  readonly name: string
  readonly text: string
}

export interface Price {
  readonly symbol: string
  readonly price: number
}

/** A type and not an interface, so that it may hold templates of names. */
export type Channels = {
  [room: `chat/${string}`]: Said
  prices: Price
}

/** As Zod, Valibot and others make one: of anything comes a `Said`. */
export declare const saidSchema: StandardSchemaV1<unknown, Said>
export declare const priceSchema: StandardSchemaV1<unknown, Price>
