/** A text of Yjs as an editor of plain text can hold it: what somebody has put in that is no text counts as one character. */
import type { Text, YTextEvent } from 'yjs'

/** Stands for an object in a text (Unicode). It is deleted as any character is, and the object with it. */
const stand = '\ufffc'

export function plainText(text: Text): string {
  return (text.toDelta() as readonly { readonly insert: unknown }[])
    .map(({ insert }) => (typeof insert === 'string' ? insert : stand))
    .join('')
}

/** Makes changes plain for those who observe the text from now on. Answers what ends it. */
export function keepPlain(text: Text): () => void {
  const replace = ({ delta }: YTextEvent) => {
    for (const part of delta) if (typeof part.insert === 'object') part.insert = stand
  }
  text.observe(replace)
  return () => text.unobserve(replace)
}
