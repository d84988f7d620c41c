/** How the text looks: CodeMirror's own styles, from the tokens of the page. */
import { EditorView } from '@codemirror/view'

export const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '1rem', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', fontSize: '0.9375rem', lineHeight: '1.75' },
  '.cm-content': { padding: '1.4rem 0 2rem', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 2.5rem 0 1.25rem' },
  '.cm-placeholder': { color: 'var(--quiet)' },
  '.cm-caret': {
    position: 'relative',
    borderLeft: '2px solid var(--of)',
    marginInline: '-1px',
  },
  '.cm-caret-name': {
    position: 'absolute',
    zIndex: '1',
    left: '-2px',
    bottom: '100%',
    padding: '0 0.35rem',
    fontFamily: 'var(--sans)',
    fontSize: '0.6875rem',
    lineHeight: '1.1rem',
    fontWeight: '600',
    whiteSpace: 'nowrap',
    color: '#fff',
    background: 'var(--of)',
    borderRadius: '2px 2px 2px 0',
    userSelect: 'none',
    pointerEvents: 'none',
  },
})
