/** Tests of answers that are kept. */
import { describe, expect, it } from 'vitest'
import { remembered } from './remembered.js'

function counted(most: number) {
  const asked: string[] = []
  const of = remembered((text) => {
    asked.push(text)
    return text.toUpperCase()
  }, most)
  return { asked, of }
}

describe('a remembered function', () => {
  it('is asked once for each text', () => {
    const { asked, of } = counted(2)
    expect(['a', 'b', 'a', 'b'].map(of)).toEqual(['A', 'B', 'A', 'B'])
    expect(asked).toEqual(['a', 'b'])
  })

  it('forgets what was asked for first when there is more than it keeps', () => {
    const { asked, of } = counted(2)
    for (const text of ['a', 'b', 'c', 'b', 'a']) of(text)
    expect(asked).toEqual(['a', 'b', 'c', 'a'])
  })

  it('keeps no text that is very long', () => {
    const { asked, of } = counted(2)
    const long = 'x'.repeat(257)
    for (const text of [long, long]) of(text)
    expect(asked).toEqual([long, long])
  })

  it('remembers nothing of a text for which it threw', () => {
    const of = remembered((text): string => {
      throw new Error(text)
    }, 2)
    for (let time = 0; time < 2; time++) expect(() => of('a')).toThrow('a')
  })
})
