/** Listeners of a value that changes. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSignal } from './signal.js'

describe('a signal', () => {
  it('tells every listener, though one throws, and reports what it threw', () => {
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (thrown: unknown) => reported.push(thrown))
    onTestFinished(() => void vi.unstubAllGlobals())
    const signal = createSignal(0)
    const heard: number[] = []
    const broken = new Error('broken')
    signal.subscribe(() => {
      throw broken
    })
    const end = signal.subscribe((value) => heard.push(value))
    signal.set(1)
    signal.set(1)
    end()
    signal.set(2)
    expect(heard).toEqual([1])
    expect(reported).toEqual([broken, broken])
  })
})
