import { connect } from 'anywire/client'
import { onMounted, shallowRef, toValue, watch } from 'vue'

export const client = connect('/channels')

/** The newest 100 messages of a channel, which may be a ref. */
export function useChannel(channel, options) {
  const messages = shallowRef([])
  const error = shallowRef()
  const read = (name, _before, onCleanup) => {
    messages.value = []
    error.value = undefined
    const subscription = client.subscribe(name, options, (item) => {
      if (item.kind === 'message') messages.value = [...messages.value, item].slice(-100)
    })
    subscription.closed.catch((thrown) => { error.value = thrown })
    onCleanup(() => subscription.close())
  }
  onMounted(() => watch(() => toValue(channel), read, { immediate: true }))
  return { messages, error, publish: (data, options) => client.publish(toValue(channel), data, options) }
}
