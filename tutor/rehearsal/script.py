"""The rehearsal tutor's side of a Realtime conversation, without network, sound or clock.

Client events, and what happens to the sound, go in; effects come out, to be performed in order (`effects.py`). The
order of the server events is that of protocol reference sections 5 to 8. Times are seconds on any steady clock.
"""

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tutor.realtime import images, reminder
from tutor.rehearsal import config as call_config
from tutor.rehearsal import effects, metering, vocabulary
from tutor.rehearsal.brain import Brain, News, ToolOutput
from tutor.rehearsal.config import Config
from tutor.rehearsal.conversation import Conversation, Item, without_bytes
from tutor.rehearsal.effects import Effect
from tutor.rehearsal.playback import PlaybackQueue
from tutor.rehearsal.refusals import check_event, parsed
from tutor.rehearsal.reply import Event, Phase, Reply
from tutor.rehearsal.shapes import Refused, wrong_value

# Seconds between two transcript deltas of three words: several times faster than they are spoken, as with the provider.
PACE = 0.12
# Milliseconds; less than this cannot be committed.
SHORTEST_COMMIT = 100
NO_VOICE = "(The rehearsal voice is not available right now, so please read along.) "


def random_id(prefix: str) -> str:
    """Return a new id such as `item_5f3a…`."""
    return f"{prefix}_{secrets.token_hex(10)}"


@dataclass(slots=True)
class InputBuffer:
    """What the microphone has delivered, in milliseconds of sound."""

    clock: int = 0
    buffered: int = 0
    idle: int = 0
    # The item that what the learner is saying right now will become.
    item_id: str | None = None


class Script:
    """One call: its configuration, its conversation, and at most one response in progress.

    `posted` is a session that `refusals.check_session` accepted, `expires_at` is in unix seconds, `pace` in seconds
    (0 writes every response at once).
    """

    def __init__(
        self,
        posted: Config,
        call_id: str,
        *,
        expires_at: int,
        pace: float = PACE,
        new_id: Callable[[str], str] = random_id,
    ) -> None:
        self.config = call_config.initial(posted, call_id=call_id, expires_at=expires_at)
        self.conversation = Conversation()
        self.pace = pace
        self.new_id = new_id
        self._conversation_id = new_id("conv")
        self._brain = Brain()
        self._brain.read(self.config["instructions"])
        self._news = News()
        self._active: Reply | None = None
        self._playing = PlaybackQueue()
        self._input = InputBuffer()
        # Items whose words are still being recognised.
        self._unheard: set[str] = set()
        # Function calls whose output has not come yet.
        self._unanswered: set[str] = set()
        self._has_spoken = False
        self._has_excused_silence = False
        self._out: list[Effect] = []

    # --- What the runner reports -----------------------------------------------------------------

    def opened(self) -> list[Effect]:
        """The data channel is open."""
        self._out.append(effects.ListenAnew(call_config.turn_detection(self.config)))
        self._out.append(effects.Send(self.session_created()))
        return self._drain()

    def session_created(self) -> Event:
        """Return the event that greets whoever joins the call: what is in force now."""
        return {"event_id": self.new_id("event"), "type": "session.created", "session": self.config}

    def receive(self, message: str | bytes, now: float) -> list[Effect]:
        """A message came over the data channel. Never raises: a mistake becomes an `error` event."""
        event: Any = None
        try:
            event = parsed(message)
            check_event(event)
            _HANDLERS[event["type"]](self, event, now)
        except Refused as refused:
            event_id = event.get("event_id") if isinstance(event, dict) else None
            self._send_error(refused, event_id if isinstance(event_id, str) else None)
        return self._drain()

    def frame(self, milliseconds: int) -> list[Effect]:
        """The microphone delivered this much sound."""
        self._input.clock += milliseconds
        self._input.buffered += milliseconds
        if self._active or self._playing or self._input.item_id:
            self._input.idle = 0
        else:
            self._input.idle += milliseconds
            self._watch_idleness()
        return self._drain()

    def speech_started(self, now: float) -> list[Effect]:
        """The learner began to speak. Whatever the tutor is saying is cut off, unless the session forbids it."""
        detection = call_config.turn_detection(self.config)
        if detection is None:
            return self._drain()
        self._input.item_id = self.new_id("item")
        padding = detection.get("prefix_padding_ms", 300)
        start = max(0, self._input.clock - padding)
        self._input.buffered = self._input.clock - start
        self._send(
            {
                "type": "input_audio_buffer.speech_started",
                "audio_start_ms": start,
                "item_id": self._input.item_id,
            }
        )
        if detection["interrupt_response"]:
            self._silence(now)
            if self._active:
                self._cancel(self._active, "turn_detected")
        return self._drain()

    def speech_stopped(self) -> list[Effect]:
        """The learner has been silent long enough: the turn is committed and, as a rule, answered."""
        detection = call_config.turn_detection(self.config)
        item_id = self._input.item_id
        if detection is None or item_id is None:
            return self._drain()
        end = self._input.clock
        self._send({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": end, "item_id": item_id})
        self._commit(item_id)
        if detection["create_response"] and not self._active:
            self._start_reply({})
        return self._drain()

    def heard(self, item_id: str, text: str) -> list[Effect]:
        """The words of a committed item, "" when there were none to make out."""
        if text:
            self._news.said.append(text)
        else:
            self._news.not_understood += 1
        if item_id in self.conversation.items and call_config.transcribes(self.config):
            self._send_transcript(item_id, text)
        self._settle_hearing(item_id)
        return self._drain()

    def not_heard(self, item_id: str, *, code: str, message: str) -> list[Effect]:
        """The words of a committed item could not be recognised, for a reason that `message` tells a person."""
        self._news.not_understood += 1
        if item_id in self.conversation.items and call_config.transcribes(self.config):
            error = {"type": "transcription_error", "code": code, "message": message, "param": None}
            kind = "conversation.item.input_audio_transcription.failed"
            self._send({"type": kind, "item_id": item_id, "content_index": 0, "error": error})
        self._settle_hearing(item_id)
        return self._drain()

    def voiced(self, response_id: str, seconds: float | None, now: float) -> list[Effect]:
        """The sound of a response is ready and this long, or None when there is no voice.

        The sound is to be kept only if `Play` is among the effects; the response may have been cancelled meanwhile.
        """
        reply = self._active
        if reply is None or reply.id != response_id or reply.phase is not Phase.VOICING:
            return self._drain()
        if seconds is not None:
            self._play(reply, seconds, now)
        elif not self._has_excused_silence:
            self._has_excused_silence = True
            reply.deltas.appendleft(NO_VOICE)
        self._write(reply)
        return self._drain()

    def resume(self, response_id: str) -> list[Effect]:
        """A pause is over."""
        reply = self._active
        if reply and reply.id == response_id and reply.phase is Phase.WRITING:
            self._write(reply)
        return self._drain()

    def played(self, response_id: str, now: float) -> list[Effect]:
        """The sound of a response has been heard to its end."""
        self._send_all(self._playing.finish(response_id, now))
        return self._drain()

    def expire(self) -> list[Effect]:
        """The call has reached its longest duration (section 11)."""
        self._send_error(Refused("session_expired", "Your session hit the maximum duration of 60 minutes."), None)
        self._out.append(effects.HangUp("expired"))
        return self._drain()

    # --- Client events ---------------------------------------------------------------------------

    def _update(self, event: Event, now: float) -> None:
        update = event["session"]
        self._refuse_fixed_fields(update)
        before = call_config.ear(self.config)
        self.config = call_config.merged(self.config, update)
        self._brain.read(self.config["instructions"])
        if call_config.ear(self.config) != before:
            self._input.item_id = None
            self._out.append(effects.ListenAnew(call_config.turn_detection(self.config)))
        self._send({"type": "session.updated", "session": self.config})

    def _refuse_fixed_fields(self, update: Config) -> None:
        """Section 3: what cannot be changed, or not any more."""
        if update.get("model", self.config["model"]) != self.config["model"]:
            raise wrong_value("session.model", "the model of a session cannot be changed.")
        output = update.get("audio", {}).get("output", {})
        current = self.config["audio"]["output"]
        if self._has_spoken and output.get("voice", current["voice"]) != current["voice"]:
            message = "Cannot update a conversation's voice if assistant audio is present."
            raise Refused("cannot_update_voice", message, "session.audio.output.voice")
        if self._active and output.get("speed", current["speed"]) != current["speed"]:
            raise wrong_value("session.audio.output.speed", "it can be changed only between turns.")
        if self.config["tracing"] and update.get("tracing", self.config["tracing"]) != self.config["tracing"]:
            raise wrong_value("session.tracing", "tracing cannot be changed once it is enabled.")

    def _create_item(self, event: Event, now: float) -> None:
        item: Item = {"object": "realtime.item", "id": self.new_id("item"), "status": "completed", **event["item"]}
        is_output = item["type"] == "function_call_output"
        tool = self.conversation.tool_named_in_call(item["call_id"]) if is_output else ""
        if item["type"] == "function_call":
            item.setdefault("call_id", self.new_id("call"))
        self.conversation.add(item, after=event.get("previous_item_id"))
        self._announce(item)
        if is_output:
            self._unanswered.discard(item["call_id"])
            self._news.outputs.append(ToolOutput(tool, item["output"]))
        elif item["type"] == "message":
            self._notice_message(item)

    def _notice_message(self, item: Item) -> None:
        if item["role"] != "user":
            self._notice_note(item)
            return
        for part in item["content"]:
            words = images.words_beside(part["text"]) if part["type"] == "input_text" else ""
            if words:
                self._news.said.append(words)
            elif part["type"] == "input_image":
                self._news.pictures += 1
            elif part["type"] == "input_audio":
                self._news.not_understood += 1

    def _notice_note(self, item: Item) -> None:
        """Read a note that tells what went before this call (section 11.1); all others change nothing here."""
        for part in item["content"]:
            told = reminder.read(part["text"]) if part["type"] == "input_text" else None
            self._news.reminder = told or self._news.reminder

    def _retrieve_item(self, event: Event, now: float) -> None:
        item = self.conversation.get(event["item_id"], verb="retrieve")
        self._send({"type": "conversation.item.retrieved", "item": without_bytes(item)})

    def _delete_item(self, event: Event, now: float) -> None:
        self.conversation.remove(event["item_id"])
        self._send({"type": "conversation.item.deleted", "item_id": event["item_id"]})

    def _truncate_item(self, event: Event, now: float) -> None:
        self.conversation.truncate(event["item_id"], audio_end_ms=event["audio_end_ms"])
        fields = {name: event[name] for name in ("item_id", "content_index", "audio_end_ms")}
        self._send({"type": "conversation.item.truncated", **fields})

    def _create_response(self, event: Event, now: float) -> None:
        wanted = event.get("response", {})
        if wanted.get("conversation") == "none":
            self._speak_aside(wanted)
        elif self._active:
            message = f"Conversation already has an active response in progress: {self._active.id}."
            raise Refused("conversation_already_has_active_response", message)
        else:
            self._start_reply(wanted)

    def _cancel_response(self, event: Event, now: float) -> None:
        if self._active is None or event.get("response_id", self._active.id) != self._active.id:
            raise Refused("response_cancel_not_active", "Cancellation failed: no active response found.")
        self._cancel(self._active, "client_cancelled")

    def _append_audio(self, event: Event, now: float) -> None:
        raise wrong_value("audio", "this call takes sound from its media track.")

    def _commit_audio(self, event: Event, now: float) -> None:
        if self._input.buffered < SHORTEST_COMMIT:
            message = f"Error committing input audio buffer: buffer too small. Expected at least {SHORTEST_COMMIT}ms."
            raise Refused("input_audio_buffer_commit_empty", message)
        self._commit(self._input.item_id or self.new_id("item"))

    def _clear_input(self, event: Event, now: float) -> None:
        self._input.buffered = 0
        self._input.item_id = None
        self._out.append(effects.DropAudio())
        self._send({"type": "input_audio_buffer.cleared"})

    def _clear_output(self, event: Event, now: float) -> None:
        self._silence(now)

    # --- The learner's turn ----------------------------------------------------------------------

    def _commit(self, item_id: str) -> None:
        """Turn the input buffer into a learner's item (section 7), and have it transcribed."""
        milliseconds = self._add_spoken_item(item_id)
        self.conversation.audio_ms[item_id] = milliseconds
        self._unheard.add(item_id)
        language, texts = call_config.language(self.config), vocabulary.lesson_texts(self.config)
        self._out.append(effects.Transcribe(item_id, language, texts))

    def _add_spoken_item(self, item_id: str) -> int:
        """Add the item and say so; return the length of its sound in milliseconds."""
        milliseconds, self._input.buffered, self._input.item_id = self._input.buffered, 0, None
        previous = self.conversation.last_id
        self._send({"type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": previous})
        content = [{"type": "input_audio", "transcript": None}]
        item = {"id": item_id, "object": "realtime.item", "type": "message", "status": "completed"}
        self.conversation.add({**item, "role": "user", "content": content})
        self._announce(self.conversation.items[item_id])
        return milliseconds

    def _send_transcript(self, item_id: str, text: str) -> None:
        kind = "conversation.item.input_audio_transcription"
        about: Event = {"item_id": item_id, "content_index": 0}
        for part in self.conversation.items[item_id]["content"]:
            part["transcript"] = text
        if text:
            self._send({"type": f"{kind}.delta", **about, "delta": text})
        seconds = self.conversation.audio_ms.get(item_id, 0) / 1000
        usage = {"type": "duration", "seconds": seconds}
        self._send({"type": f"{kind}.completed", **about, "transcript": text, "usage": usage})

    def _settle_hearing(self, item_id: str) -> None:
        """A response that waited for the learner's words can go on once all of them are known."""
        self._unheard.discard(item_id)
        if self._active and self._active.phase is Phase.WAITING and not self._unheard:
            self._compose(self._active)

    def _watch_idleness(self) -> None:
        """Section 2.2: after `idle_timeout_ms` of silence the model speaks by itself."""
        detection = call_config.turn_detection(self.config) or {}
        limit = detection.get("idle_timeout_ms")
        if limit is None or self._input.idle < limit:
            return
        item_id, end = self.new_id("item"), self._input.clock
        start = end - self._input.idle
        self._input.idle = 0
        kind = "input_audio_buffer.timeout_triggered"
        self._send({"type": kind, "audio_start_ms": start, "audio_end_ms": end, "item_id": item_id})
        self._out.append(effects.DropAudio())
        self._add_spoken_item(item_id)
        self._start_reply({})

    # --- The tutor's turn ------------------------------------------------------------------------

    def _start_reply(self, wanted: Config) -> None:
        """Begin a response; `wanted` overrides the session for this response only."""
        reply = Reply(self.new_id("resp"), self._conversation_id, self._config_for(wanted), wanted.get("metadata"))
        self._active = reply
        self._send(reply.created())
        if not self._unheard:
            self._compose(reply)

    def _compose(self, reply: Reply) -> None:
        """Decide what to say and do, then open the message and ask for its sound."""
        news, self._news = self._news, News()
        news.waiting = bool(self._unanswered)
        tools = call_config.function_tools(reply.config["tools"])
        line = self._brain.reply(news, tools=tools, tool_choice=reply.config["tool_choice"])
        reply.calls = line.calls
        self._open_message(reply, line.text)
        if reply.audible:
            reply.phase = Phase.VOICING
            language = call_config.language(self.config) if line.authored else "en"
            voice, speed = call_config.voice(reply.config), call_config.speed(reply.config)
            self._out.append(effects.Synthesise(reply.id, line.text, language, voice, speed))
        else:
            self._write(reply)

    def _open_message(self, reply: Reply, text: str) -> None:
        reply.open_message(self.new_id("item"), text)
        self._send(reply.item_added())
        self._add_output_item(reply.message)
        self._send(reply.part_added())

    def _play(self, reply: Reply, seconds: float, now: float) -> None:
        self.conversation.audio_ms[reply.message["id"]] = math.ceil(seconds * 1000)
        self._has_spoken = True
        self._out.append(effects.Play(reply.id))
        self._send_all(self._playing.add(reply.id, reply.message["id"], now))

    def _write(self, reply: Reply) -> None:
        """Send the next words, then pause; after the last ones finish the response."""
        reply.phase = Phase.WRITING
        while reply.deltas:
            self._send(reply.next_delta())
            if reply.deltas and self.pace:
                self._out.append(effects.Pause(reply.id, self.pace))
                return
        self._close_message(reply, "completed")
        self._make_calls(reply)
        self._end_reply(reply, "completed", None)

    def _close_message(self, reply: Reply, status: str) -> None:
        has_sound = reply.audible and reply.message["id"] in self.conversation.audio_ms
        self._send_all(reply.close_message(status=status, has_sound=has_sound))
        self._settle_output_item(reply)

    def _make_calls(self, reply: Reply) -> None:
        for call in reply.calls:
            call_id = self.new_id("call")
            reply.open_call(self.new_id("item"), call_id, call.name)
            self._unanswered.add(call_id)
            self._send(reply.item_added())
            self._add_output_item(reply.output[-1])
            self._send_all(reply.close_call(call))
            self._settle_output_item(reply)

    def _add_output_item(self, item: Item) -> None:
        previous = self.conversation.add(item)
        self._send({"type": "conversation.item.added", "item": dict(item), "previous_item_id": previous})

    def _settle_output_item(self, reply: Reply) -> None:
        item = reply.output[-1]
        self._send(reply.item_done())
        if item["id"] in self.conversation.items:
            previous = self.conversation.before(item["id"])
            self._send({"type": "conversation.item.done", "item": dict(item), "previous_item_id": previous})

    def _end_reply(self, reply: Reply, status: str, reason: str | None) -> None:
        self._active = None
        usage = metering.response_usage(reply.config, self.conversation, reply.output)
        self._send(reply.done(status=status, reason=reason, usage=usage))

    def _cancel(self, reply: Reply, reason: str) -> None:
        """Cut a response off; what it was going to call is not called."""
        if reply.output:
            self._close_message(reply, "incomplete")
        self._end_reply(reply, "cancelled", reason)

    def _silence(self, now: float) -> None:
        """Stop the speaker, if it is speaking."""
        if self._playing:
            self._out.append(effects.StopPlaying())
            self._send_all(self._playing.clear(self.conversation, now))

    def _speak_aside(self, wanted: Config) -> None:
        """Answer out of band (section 4): in text, beside any other response, leaving no trace in the conversation."""
        config = {**self._config_for(wanted), "output_modalities": ["text"]}
        reply = Reply(self.new_id("resp"), None, config, wanted.get("metadata"))
        self._send(reply.created())
        self._send_all(reply.write_whole(self.new_id("item"), self._brain.aside()))
        usage = metering.response_usage(config, self.conversation, reply.output)
        self._send(reply.done(status="completed", reason=None, usage=usage))

    def _config_for(self, wanted: Config) -> Config:
        """The configuration of one response: the session's, with what its own request overrides."""
        overrides = {key: value for key, value in wanted.items() if key in self.config}
        return call_config.merged(self.config, overrides)

    # --- Sending ---------------------------------------------------------------------------------

    def _announce(self, item: Item) -> None:
        """An item that is complete from the start."""
        about = {"item": without_bytes(item), "previous_item_id": self.conversation.before(item["id"])}
        self._send({"type": "conversation.item.added", **about})
        self._send({"type": "conversation.item.done", **about})

    def _send(self, event: Event) -> None:
        self._out.append(effects.Send({"event_id": self.new_id("event"), **event}))

    def _send_all(self, events: list[Event]) -> None:
        for event in events:
            self._send(event)

    def _send_error(self, refused: Refused, event_id: str | None) -> None:
        self._send({"type": "error", "error": {**refused.error(), "event_id": event_id}})

    def _drain(self) -> list[Effect]:
        out, self._out = self._out, []
        return out


_HANDLERS: dict[str, Callable[[Script, Event, float], None]] = {
    "session.update": Script._update,
    "conversation.item.create": Script._create_item,
    "conversation.item.retrieve": Script._retrieve_item,
    "conversation.item.delete": Script._delete_item,
    "conversation.item.truncate": Script._truncate_item,
    "response.create": Script._create_response,
    "response.cancel": Script._cancel_response,
    "input_audio_buffer.append": Script._append_audio,
    "input_audio_buffer.commit": Script._commit_audio,
    "input_audio_buffer.clear": Script._clear_input,
    "output_audio_buffer.clear": Script._clear_output,
}
