/** What the doctor finds: one sentence for each thing it looked at. */
import type { Fault } from './mend.js'

export interface Finding {
  /** What was looked at. */
  readonly name: string
  /** `note`: neither good nor bad, or not to be seen from here. */
  readonly state: 'ok' | 'broken' | 'note'
  readonly sentence: string
  /** Why it is broken, if configuration mends it. */
  readonly fault?: Fault | undefined
  /** Figures and words, for `--json`. Times in milliseconds. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>
}

export function ok(name: string, sentence: string, facts: Finding['facts'] = {}): Finding {
  return { name, state: 'ok', sentence, facts }
}

export function note(name: string, sentence: string, facts: Finding['facts'] = {}): Finding {
  return { name, state: 'note', sentence, facts }
}

export function broken(
  name: string,
  fault: Fault | undefined,
  sentence: string,
  facts: Finding['facts'] = {},
): Finding {
  return { name, state: 'broken', sentence, fault, facts }
}

export const ms = (time: number): string => `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`
