/** What crosses between a page and its worker, and the names by which those who share a core find each other. */
import type { Core } from '../core.js'
import type { CoreOptions, FromCore, ToCore } from '../port.js'

export type CreateCore = (options: CoreOptions) => Core

/** The first message of a page. */
export interface Hello {
  readonly core: CoreOptions
  /** The lock that the page holds for as long as it listens; none where the worker cannot outlive it. */
  readonly lock?: string | undefined
  /** The name of the tab group of the worker; without one it serves alone. */
  readonly group?: string | undefined
}

/** A core serves the page from here on. Messages to the one before have no effect. */
export interface Moved {
  readonly type: 'moved'
  /** Sent with each message to this core, so that messages to an earlier core are ignored. */
  readonly turn: string
}

export type FromPage = Hello | readonly [turn: string, message: ToCore]
export type ToPage = FromCore | Moved
export type ToPagePort = (message: ToPage) => void
/** Sends a message of a page to its core, with its turn. */
export type ToCorePort = (turn: string, message: ToCore) => void

/** A MessagePort, or what stands for one in a dedicated worker. */
export interface WorkerLine {
  onmessage: ((event: MessageEvent) => unknown) | null
  postMessage(message: unknown): void
}

/**
 * A unique name of about 100 random bits. `crypto.randomUUID` needs a secure context, and React Native has no `crypto`.
 */
export const freshName = (): string => `anywire:${Math.random()}-${Math.random()}`

/**
 * What all who may share a core have in common. Raise the number with every change of the messages: tabs of two
 * releases may be open at once.
 */
export const sharedName = (identity: string | undefined, { url, transports }: CoreOptions): string =>
  `anywire:3:${JSON.stringify([identity, url, transports])}`
