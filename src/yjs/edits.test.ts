/** Edits on their way: at once, merged where nothing answers, and none lost when the outbox is full. */
import { describe, expect, it, onTestFinished } from 'vitest'
import * as Y from 'yjs'
import { AnywireError } from '../protocol/error.js'
import { Edits } from './edits.js'

/** A document whose edits go to a line that answers when it is told to. */
function line() {
  const sent: { update: Uint8Array; queued: () => void; answer: (error?: AnywireError) => void }[] = []
  const failures: unknown[] = []
  const edits = new Edits(
    (update, queued) =>
      new Promise<void>((resolve, reject) => {
        sent.push({ update, queued, answer: (error) => (error ? reject(error) : resolve()) })
      }),
    (thrown) => failures.push(thrown),
    1,
  )
  onTestFinished(() => edits.close())
  const doc = new Y.Doc()
  doc.on('update', (update: Uint8Array) => edits.add(update))
  const arrived = () => {
    const other = new Y.Doc()
    for (const { update } of sent) Y.applyUpdate(other, update)
    return other.getText().toString()
  }
  return { edits, sent, failures, arrived, write: (text: string) => doc.getText().insert(doc.getText().length, text) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('edits', () => {
  it('go out one by one while they are answered, and several as one behind 64 that are not', async () => {
    const { edits, sent, arrived, write } = line()
    const letters = 'abcdefghij'.repeat(7)
    for (const letter of letters) write(letter)
    expect(sent).toHaveLength(64)
    expect(edits.saved.value).toBe(false)
    sent[0]!.answer()
    await turn()
    expect(sent).toHaveLength(65)
    expect(arrived()).toBe(letters)
    for (const { answer } of sent) answer()
    await turn()
    expect(edits.saved.value).toBe(true)
  })

  it('are kept once each of them outlasts the page, or is stored', async () => {
    const { edits, sent, write } = line()
    write('a')
    write('b')
    sent[0]!.queued()
    expect([edits.kept.value, edits.saved.value]).toEqual([false, false])
    sent[1]!.queued()
    expect([edits.kept.value, edits.saved.value]).toEqual([true, false])
    write('c')
    expect(edits.kept.value).toBe(false)
    for (const { answer } of sent) answer()
    await turn()
    expect([edits.kept.value, edits.saved.value]).toEqual([true, true])
  })

  it('stay where the outbox is full, and go later, with what came meanwhile', async () => {
    const { sent, failures, arrived, write } = line()
    write('a')
    const first = sent.pop()!
    first.answer(new AnywireError('too-many', '1000 publishes wait already.'))
    await Promise.resolve()
    write('b')
    expect(sent).toHaveLength(0)
    await expect.poll(arrived).toBe('ab')
    expect([sent.length, failures]).toEqual([1, []])
  })

  it('are told of when they are refused for good', async () => {
    const { edits, sent, failures, write } = line()
    write('a')
    sent[0]!.answer(new AnywireError('forbidden', 'You may not publish.'))
    await turn()
    expect([failures.length, edits.saved.value]).toEqual([1, false])
  })

  it('end with one that is too large: what comes later builds on it', async () => {
    const { edits, sent, failures, write } = line()
    write('a')
    sent[0]!.answer(new AnywireError('too-large', 'An update has at most so many bytes.'))
    await turn()
    write('b')
    expect([sent.length, failures.length]).toEqual([1, 1])
    expect([edits.waiting.length, edits.saved.value, edits.kept.value]).toEqual([0, false, false])
  })

  it('are not saved where the server lacks what they build on, until that is known', async () => {
    const { edits, sent, write } = line()
    write('a')
    sent[0]!.answer(new AnywireError('conflict', 'The update builds on edits that are missing.'))
    await turn()
    expect([edits.saved.value, edits.kept.value]).toEqual([false, false])
    edits.complete()
    expect([edits.saved.value, edits.kept.value]).toEqual([true, true])
  })

  it('go out when it is closed', () => {
    const { edits, arrived, write } = line()
    const letters = 'abcdefghij'.repeat(7)
    for (const letter of letters) write(letter)
    edits.close()
    expect(arrived()).toBe(letters)
  })
})
