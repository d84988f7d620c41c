/** The text of a document in CodeMirror. It stands in a shadow root: only there CodeMirror adopts its styles, which the policy of the page lets in. */
import { defaultKeymap } from '@codemirror/commands'
import { EditorState } from '@codemirror/state'
import { EditorView, keymap, placeholder } from '@codemirror/view'
import type { YjsProvider } from 'anywire/yjs'
import { useEffect, useRef } from 'preact/hooks'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import { cursors } from './cursors.js'
import { keepPlain, plainText } from './plain.js'
import { theme } from './theme.js'

export function TextOf({ provider, label }: { readonly provider: YjsProvider; readonly label: string }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const root = host.current?.shadowRoot ?? host.current?.attachShadow({ mode: 'open' })
    if (!root) return
    const text = provider.doc.getText()
    const end = keepPlain(text)
    const state = EditorState.create({
      doc: plainText(text),
      extensions: [
        // Other line breaks are characters: a text has the same length here and in the document.
        EditorState.lineSeparator.of('\n'),
        yCollab(text, null),
        cursors(provider, text),
        keymap.of([...yUndoManagerKeymap, ...defaultKeymap]),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0', spellcheck: 'true' }),
        placeholder('Write here …'),
        theme,
      ],
    })
    const view = new EditorView({ state, root, parent: root })
    return () => {
      view.destroy()
      end()
    }
  }, [provider, label])
  return <div class="text" ref={host} />
}
