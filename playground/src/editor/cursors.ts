/**
 * The cursors of the others in the text. Spelt as y-codemirror.next spells them, so that its editors see ours and we see theirs; drawn here, since it sets
 * `style` attributes, which the policy of the page does not let in.
 */
import { Annotation, type Range } from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
  WidgetType,
} from '@codemirror/view'
import type { YjsProvider } from 'anywire/yjs'
import {
  compareRelativePositions,
  createAbsolutePositionFromRelativePosition,
  createRelativePositionFromJSON,
  createRelativePositionFromTypeIndex,
  type Text,
} from 'yjs'
import { type Other, othersIn, type User } from '../documents/document.js'

interface Cursor {
  readonly anchor: unknown
  readonly head: unknown
}

interface State {
  readonly cursor?: Cursor | null
}

class Caret extends WidgetType {
  readonly #user: User

  constructor(user: User) {
    super()
    this.#user = user
  }

  override eq(other: Caret): boolean {
    return other.#user.name === this.#user.name && other.#user.color === this.#user.color
  }

  toDOM(): HTMLElement {
    const caret = Object.assign(document.createElement('span'), { className: 'cm-caret', ariaHidden: 'true' })
    caret.style.setProperty('--of', this.#user.color)
    const name = Object.assign(document.createElement('span'), { className: 'cm-caret-name' })
    name.textContent = this.#user.name.slice(0, 30)
    caret.append(name)
    return caret
  }

  override ignoreEvent(): boolean {
    return true
  }
}

const moved = Annotation.define<boolean>()

/** Says where ours is, and shows theirs. */
export function cursors(provider: YjsProvider, text: Text) {
  const { awareness, doc } = provider

  const indexOf = (position: unknown): number | undefined => {
    if (typeof position !== 'object' || position === null) return undefined
    try {
      const found = createAbsolutePositionFromRelativePosition(createRelativePositionFromJSON(position), doc)
      return found?.type === text ? found.index : undefined
    } catch {
      return undefined // what they say is no position of this document
    }
  }

  const marksOf = ({ user, state: { cursor } }: Other<State>, length: number): Range<Decoration>[] => {
    const [anchor, head] = [indexOf(cursor?.anchor), indexOf(cursor?.head)]
    if (anchor === undefined || head === undefined || Math.max(anchor, head) > length) return []
    const caret = Decoration.widget({ widget: new Caret(user), side: head > anchor ? -1 : 1 }).range(head)
    if (anchor === head) return [caret]
    // CodeMirror sets this as a property, which the policy lets in.
    const selected = Decoration.mark({ attributes: { style: `background-color: ${user.color}40` } })
    return [selected.range(Math.min(anchor, head), Math.max(anchor, head)), caret]
  }

  const tell = ({ state, view }: ViewUpdate) => {
    const { cursor } = (awareness.getLocalState() ?? {}) as State
    if (!view.hasFocus) return
    const { anchor, head } = state.selection.main
    const at = (index: number) => createRelativePositionFromTypeIndex(text, index)
    const same = (before: unknown, now: number) =>
      before !== undefined && compareRelativePositions(createRelativePositionFromJSON(before), at(now))
    if (cursor && same(cursor.anchor, anchor) && same(cursor.head, head)) return
    awareness.setLocalStateField('cursor', { anchor: at(anchor), head: at(head) })
  }

  return ViewPlugin.define(
    (view: EditorView) => {
      const changed = (_: unknown, origin: unknown) => {
        if (origin !== 'local') view.dispatch({ annotations: moved.of(true) })
      }
      awareness.on('change', changed)
      return {
        decorations: Decoration.none as DecorationSet,
        update(update: ViewUpdate) {
          tell(update)
          const { length } = update.state.doc
          this.decorations = Decoration.set(
            othersIn<State>(provider).flatMap((other) => marksOf(other, length)),
            true,
          )
        },
        destroy: () => awareness.off('change', changed),
      }
    },
    { decorations: (plugin) => plugin.decorations },
  )
}
