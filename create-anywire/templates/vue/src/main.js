import '../style.css'
import { createApp } from 'vue'
import Room from './Room.vue'

createApp(Room, { id: '7' }).mount('#root')
