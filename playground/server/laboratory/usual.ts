/** What a visitor may set in the laboratory, and how it is until they do. */
export interface Settings {
  /** Messages a second, over all channels. */
  readonly rate: number
  /** Bytes of a message. */
  readonly size: number
  readonly channels: number
  /** Nothing passes, and nothing ends. */
  readonly stalled: boolean
  readonly webSockets: 'pass' | 'refuse' | 'black-hole'
  /** Event streams are held back until 16 KiB are here. */
  readonly buffered: boolean
  /** Each packet comes later by so much, and by chance up to a quarter more, each way. */
  readonly delayMs: number
}

export const usual: Settings = {
  rate: 10,
  size: 200,
  channels: 1,
  stalled: false,
  webSockets: 'pass',
  buffered: false,
  delayMs: 0,
}
