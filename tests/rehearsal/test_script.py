"""The tutor's side of a conversation, by typed text and by what the media side reports."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rehearsal.helpers import (
    HINT,
    SECOND,
    STAGE_COMPLETE,
    WARM_UP,
    Table,
    calls,
    errors,
    posted,
    spoken,
    types,
)
from tutor.realtime import images, replies
from tutor.realtime.briefing import write
from tutor.realtime.reminder import Reminder
from tutor.realtime.reminder import write as write_reminder
from tutor.realtime.session import adjustments
from tutor.rehearsal import effects
from tutor.rehearsal.refusals import CLIENT_EVENTS
from tutor.rehearsal.script import NO_VOICE

PICTURE = images.write(b"\x89PNG\r\n\x1a\n")

MESSAGE_EVENTS = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "output_audio_buffer.started",
    "response.output_audio_transcript.delta",
    "response.output_audio_transcript.delta",
    "response.output_audio_transcript.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
]


def greeted(**options) -> Table:
    """A call in which the opening has been spoken and heard."""
    table = Table(**options)
    table.send(type="response.create")
    table.finish_playing()
    return table


# --- A lesson from beginning to end --------------------------------------------------------------


def test_script_sends_the_effective_session_first():
    table = Table()
    created = table.events[0]
    assert types(table.events) == ["session.created"]
    assert created["session"]["audio"]["input"]["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "low",
        "create_response": True,
        "interrupt_response": True,
    }
    assert (created["session"]["audio"]["output"]["voice"], created["session"]["expires_at"]) == ("marin", 3_600)


def test_script_speaks_the_opening_in_the_order_of_the_reference():
    table = Table()
    events = table.send(type="response.create")
    assert types(events) == MESSAGE_EVENTS
    assert spoken(events) == WARM_UP.opening
    assert types(table.finish_playing()) == ["output_audio_buffer.stopped"]


def test_script_leads_a_learner_through_a_whole_lesson_by_typed_text():
    table = greeted()
    assert calls(table.type_text("Plants need light")) == []
    assert calls(table.type_text("and they need water, understood")) == []
    leaving = table.type_text("That is all I know")
    [call] = calls(leaving)
    assert call["name"] == "stage_complete"
    assert json.loads(call["arguments"]) == {
        "outcome": "understood",
        "reasoning": "Rehearsal: the learner gave 3 answers in this stage.",
        "summary": "Said: “Plants need light”, “and they need water, understood”, “That is all I know”.",
        "evidence": ["Plants need light", "and they need water, understood", "That is all I know"],
    }
    instructions = write(SECOND)
    updated = table.send(
        type="session.update", session={"type": "realtime", "instructions": instructions, "tools": [STAGE_COMPLETE]}
    )
    assert updated[0]["session"]["instructions"] == instructions
    assert spoken(table.answer(call["call_id"], status="accepted", stage="Roots")) == SECOND.opening
    [call] = calls(table.type_text("next"))
    assert json.loads(call["arguments"])["evidence"] == []
    goodbye = table.answer(call["call_id"], status="accepted", lesson="complete")
    assert spoken(goodbye) == "That was the last stage. Thank you for the conversation, and goodbye!"


def test_script_sends_a_function_call_in_the_order_of_the_reference():
    table = greeted()
    events = table.type_text("next")
    assert types(events)[-7:] == [
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    response = events[-1]["response"]
    assert [item["type"] for item in response["output"]] == ["message", "function_call"]
    assert [item["status"] for item in response["output"]] == ["completed", "completed"]


def test_script_asks_for_more_when_the_stage_is_not_left_and_tries_again_after_the_next_turn():
    table = greeted()
    [call] = calls(table.type_text("next"))
    refused = table.answer(call["call_id"], status="refused", error="evidence_missing", message="Quote the learner.")
    assert spoken(refused).startswith("Not yet: the lesson would like to hear a little more from you.")
    assert calls(refused) == []
    [again] = calls(table.type_text("Roots drink water"))
    assert json.loads(again["arguments"])["evidence"] == ["Roots drink water"]


def test_script_calls_a_tool_whose_name_is_said_and_tells_its_answer():
    table = greeted()
    [call] = calls(table.type_text("please give hint to me"))
    assert (call["name"], json.loads(call["arguments"])) == ("give_hint", {"level": 1})
    answer = table.answer(call["call_id"], status="ok", hint="Think of the sun")
    assert spoken(answer).startswith("Think of the sun. ")


def test_script_goes_on_where_another_call_was_cut_off():
    table = Table()
    note = write_reminder(
        Reminder(said=(("tutor", WARM_UP.opening), ("learner", "Light"), ("tutor", "You said: Light. And what else?")))
    )
    [event, begin] = replies.restoring(note, item_id="resume-1")
    assert types(table.send(**event)) == ["conversation.item.added", "conversation.item.done"]
    assert spoken(table.send(**begin)) == "Welcome back. And what else?"
    table.type_text("Water")
    [call] = calls(table.type_text("next"))
    assert json.loads(call["arguments"])["evidence"] == ["Light", "Water"]


def test_script_opens_a_stage_that_a_lost_call_never_began():
    table = Table()
    for event in replies.restoring(write_reminder(Reminder(summaries=(("Seeds", "Named two."),)))):
        table.send(**event)
    assert spoken(table.events) == WARM_UP.opening


def test_script_goes_on_after_a_note_about_something_else():
    table = greeted()
    table.send(**replies.system_note("The stage “Warm-up” is taking long. Wrap it up."))
    assert spoken(table.send(type="response.create")) == (
        "Our goal: Say what plants need to grow. Can you tell me more about it?"
    )


def test_script_acknowledges_a_picture_without_sending_it_back():
    table = greeted()
    content = [{"type": "input_image", "image_url": PICTURE, "detail": "low"}]
    created = table.send(type="conversation.item.create", item={"type": "message", "role": "user", "content": content})
    assert types(created) == ["conversation.item.added", "conversation.item.done"]
    assert created[0]["item"]["content"] == [{"type": "input_image", "detail": "low"}]
    assert spoken(table.send(type="response.create")).startswith("I can see your picture.")


@pytest.mark.parametrize(
    ("text", "echo"), [("(a picture)", ""), ("Is it right? (a picture)", " You said: Is it right?")]
)
def test_script_does_not_take_what_stands_for_a_picture_for_words(text, echo):
    table = greeted()
    content = [{"type": "input_text", "text": text}, {"type": "input_image", "image_url": PICTURE}]
    table.send(type="conversation.item.create", item={"type": "message", "role": "user", "content": content})
    assert spoken(table.send(type="response.create")).startswith(f"I can see your picture.{echo} Our goal:")


def test_script_calls_again_when_its_first_attempt_was_interrupted():
    table = greeted()
    table.script.pace = 0.1
    table.type_text("next")
    table.send(type="response.cancel")
    table.script.pace = 0.0
    table.type_text("next")
    assert [call["name"] for call in calls(table.events)] == ["stage_complete"]


def test_script_waits_for_the_answer_to_its_call():
    table = greeted()
    [call] = calls(table.type_text("next"))
    assert spoken(table.type_text("hello?")) == "One moment, please. I am waiting for the lesson to answer."
    assert spoken(table.answer(call["call_id"], status="accepted")) == WARM_UP.opening


# --- Voice ---------------------------------------------------------------------------------------


def test_script_answers_a_spoken_turn_in_the_order_of_the_reference():
    table = greeted()
    events = table.speak("plants need light")
    assert types(events)[:9] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        "response.output_item.added",
    ]
    assert events[2]["previous_item_id"] == "item_1"
    assert events[3]["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    assert (events[7]["transcript"], events[7]["usage"]) == (
        "plants need light",
        {"type": "duration", "seconds": 1.0},
    )
    assert spoken(events).startswith("You said: plants need light.")


def test_script_asks_again_when_no_word_was_understood():
    table = greeted()
    events = table.speak("")
    assert "conversation.item.input_audio_transcription.delta" not in types(events)
    assert spoken(events) == "I heard you, but I could not make out the words. Please say it again, or type it."


def test_script_reports_a_turn_that_could_not_be_transcribed():
    table = greeted()
    table.take(table.script.speech_started(table.now))
    table.take(table.script.frame(500))
    table.take(table.script.speech_stopped())
    item_id = next(effect.item_id for effect in table.effects if isinstance(effect, effects.Transcribe))
    events = table.take(table.script.not_heard(item_id, code="unsupported_language", message="English only."))
    assert events[0]["type"] == "conversation.item.input_audio_transcription.failed"
    assert (events[0]["error"]["code"], events[0]["error"]["message"]) == ("unsupported_language", "English only.")


def test_script_sends_no_transcript_when_transcription_is_off():
    session = posted()
    session["audio"]["input"]["transcription"] = None
    events = greeted(session=session).speak("plants need light")
    assert [kind for kind in types(events) if "input_audio_transcription" in kind] == []
    assert spoken(events).startswith("You said: plants need light.")


def test_script_cuts_the_sound_off_when_the_learner_speaks_and_the_text_was_finished():
    table = Table()
    table.send(type="response.create")
    table.now += 0.75
    events = table.take(table.script.speech_started(table.now))
    assert types(events) == [
        "input_audio_buffer.speech_started",
        "output_audio_buffer.cleared",
        "conversation.item.truncated",
    ]
    assert (events[2]["item_id"], events[2]["audio_end_ms"]) == ("item_1", 750)
    assert effects.StopPlaying() in table.effects
    [retrieved] = table.send(type="conversation.item.retrieve", item_id="item_1")
    assert retrieved["item"]["content"] == [{"type": "output_audio"}]


def test_script_cancels_a_response_in_progress_when_the_learner_speaks():
    table = Table(pace=0.1)
    table.send(type="response.create")
    events = table.take(table.script.speech_started(table.now))
    assert types(events) == [
        "input_audio_buffer.speech_started",
        "output_audio_buffer.cleared",
        "conversation.item.truncated",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    response = events[-1]["response"]
    assert (response["status"], response["status_details"]) == (
        "cancelled",
        {"type": "cancelled", "reason": "turn_detected"},
    )
    assert response["output"][0]["content"] == [{"type": "output_audio", "transcript": "Hello! What does"}]
    assert table.take(table.script.resume("resp_1")) == []


def test_script_lets_the_tutor_finish_when_interruptions_are_off():
    table = Table()
    detection = {"type": "server_vad", "interrupt_response": False, "create_response": False}
    update = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    table.send(type="session.update", session=update)
    table.send(type="response.create")
    assert types(table.speak("plants")) == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
    ]


def test_script_drops_sound_that_is_ready_after_its_response_was_cancelled():
    table = Table(voices_at_once=False)
    table.send(type="response.create")
    table.send(type="response.cancel")
    assert table.script.voiced("resp_1", 2.0, table.now) == []


def test_script_goes_on_in_text_and_says_so_once_when_there_is_no_voice():
    table = Table(voice=None)
    first = table.send(type="response.create")
    assert "output_audio_buffer.started" not in types(first)
    assert "response.output_audio.done" not in types(first)
    assert spoken(first) == NO_VOICE + WARM_UP.opening
    assert NO_VOICE not in spoken(table.type_text("light"))


def test_script_plays_a_second_response_after_the_first():
    table = Table()
    table.send(type="response.create")
    assert "output_audio_buffer.started" not in types(table.type_text("light"))
    assert types(table.take(table.script.played("resp_1", table.now))) == [
        "output_audio_buffer.stopped",
        "output_audio_buffer.started",
    ]


def test_script_says_what_it_says_in_the_language_of_its_author():
    session = posted()
    session["audio"]["input"]["transcription"]["language"] = "de"
    table = greeted(session=session)
    table.type_text("Licht")
    made = [effect for effect in table.effects if isinstance(effect, effects.Synthesise)]
    assert [(effect.language, effect.voice, effect.speed) for effect in made] == [
        ("de", "marin", 1.0),
        ("en", "marin", 1.0),
    ]


def test_script_speaks_by_itself_after_the_idle_timeout():
    session = posted()
    session["audio"]["input"]["turn_detection"] = {"type": "server_vad", "idle_timeout_ms": 5000}
    table = greeted(session=session)
    events = [event for _ in range(250) for event in table.take(table.script.frame(20))]
    assert types(events)[:5] == [
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    assert (events[0]["audio_start_ms"], events[0]["audio_end_ms"]) == (0, 5000)


# --- Client events -------------------------------------------------------------------------------


def test_push_to_talk_commits_what_was_said_since_the_buffer_was_cleared():
    session = posted()
    session["audio"]["input"]["turn_detection"] = None
    table = greeted(session=session)
    assert table.script.speech_started(table.now) == []
    table.take(table.script.frame(5000))
    assert types(table.send(type="input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert errors(table.send(type="input_audio_buffer.commit")) == [("input_audio_buffer_commit_empty", None)]
    table.take(table.script.frame(700))
    events = table.send(type="input_audio_buffer.commit")
    assert types(events) == ["input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"]
    waiting = table.send(type="response.create")
    assert types(waiting) == ["response.created"]
    heard = table.take(table.script.heard(events[0]["item_id"], "light"))
    assert heard[1]["usage"] == {"type": "duration", "seconds": 0.7}
    assert spoken(table.events).endswith("Can you tell me more about it?")


def test_time_to_think_commits_what_is_said_and_answers_only_when_asked():
    table = greeted()
    table.take(table.script.speech_started(table.now))
    [updated] = table.send(type="session.update", session=adjustments()["think"]["session"])
    table.take(table.script.frame(700))
    stopped = table.take(table.script.speech_stopped())
    assert updated["session"]["audio"]["input"]["turn_detection"]["create_response"] is False
    assert types(stopped)[:2] == ["input_audio_buffer.speech_stopped", "input_audio_buffer.committed"]
    assert "response.created" not in types(stopped)
    table.take(table.script.heard(stopped[1]["item_id"], "light"))
    table.send(type="session.update", session=adjustments()["voice"]["session"])
    assert spoken(table.send(type="response.create")) != ""
    assert [effect for effect in table.effects if isinstance(effect, effects.ListenAnew)] == table.effects[:1]


def test_push_to_talk_forgets_a_sentence_it_cuts_through():
    table = greeted()
    table.take(table.script.speech_started(table.now))
    table.send(type="session.update", session=adjustments()["push_to_talk"]["session"])
    assert table.effects[-2] == effects.ListenAnew(None)
    assert table.take(table.script.speech_stopped()) == []


def test_speed_is_heard_from_the_next_answer_on_and_refused_during_one():
    table = Table(pace=0.1)
    slow = adjustments()["speed_slow"]["session"]
    table.send(type="response.create")
    assert errors(table.send(type="session.update", session=slow)) == [("invalid_value", "session.audio.output.speed")]
    table.send(type="response.cancel")
    table.send(type="session.update", session=slow)
    table.send(type="response.create")
    speeds = [effect.speed for effect in table.effects if isinstance(effect, effects.Synthesise)]
    assert speeds == [1.0, 0.7]


def test_session_update_changes_only_what_it_names():
    table = Table()
    update = {"type": "realtime", "audio": {"input": {"noise_reduction": {"type": "near_field"}}}, "tools": []}
    [updated] = table.send(type="session.update", session=update)
    before, after = table.events[0]["session"], updated["session"]
    assert after["audio"]["input"] == {**before["audio"]["input"], "noise_reduction": {"type": "near_field"}}
    assert after["audio"]["output"] == before["audio"]["output"]
    assert (after["tools"], after["instructions"]) == ([], before["instructions"])


def test_session_update_that_is_refused_changes_nothing():
    table = Table()
    update = {"type": "realtime", "instructions": "new", "modalities": ["text"]}
    assert errors(table.send(type="session.update", session=update)) == [("unknown_parameter", "session.modalities")]
    [updated] = table.send(type="session.update", session={"type": "realtime"})
    assert updated["session"] == table.events[0]["session"]


def test_voice_can_be_changed_only_before_the_tutor_has_spoken():
    table = Table()
    change = {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}
    assert types(table.send(type="session.update", session=change)) == ["session.updated"]
    table.send(type="response.create")
    assert types(table.send(type="session.update", session=change)) == ["session.updated"]
    change["audio"]["output"]["voice"] = "ash"
    assert errors(table.send(type="session.update", session=change)) == [
        ("cannot_update_voice", "session.audio.output.voice")
    ]


def test_text_modality_gives_text_events_and_no_sound():
    table = Table()
    table.send(type="session.update", session={"type": "realtime", "output_modalities": ["text"]})
    events = table.send(type="response.create")
    assert types(events)[3:8] == [
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
    ]
    assert events[-1]["response"]["output"][0]["content"] == [{"type": "output_text", "text": WARM_UP.opening}]
    assert [effect for effect in table.effects if isinstance(effect, effects.Synthesise)] == []


def test_response_cancel_keeps_what_was_written_and_calls_nothing():
    table = greeted()
    table.script.pace = 0.1
    events = table.type_text("next")
    assert types(events)[-1] == "response.output_audio_transcript.delta"
    done = table.send(type="response.cancel")[-1]["response"]
    assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert [item["type"] for item in done["output"]] == ["message"]
    assert errors(table.send(type="response.cancel")) == [("response_cancel_not_active", None)]


def test_output_audio_buffer_clear_stops_the_sound():
    table = Table()
    table.send(type="response.create")
    assert types(table.send(type="output_audio_buffer.clear")) == [
        "output_audio_buffer.cleared",
        "conversation.item.truncated",
    ]
    assert table.send(type="output_audio_buffer.clear") == []


def test_out_of_band_response_leaves_no_trace_in_the_conversation():
    table = greeted(pace=0.1)
    response = {"conversation": "none", "output_modalities": ["text"], "metadata": {"why": "check"}}
    events = table.send(type="response.create", response=response)
    assert [kind for kind in types(events) if kind.startswith("conversation.")] == []
    assert events[-1]["response"]["metadata"] == {"why": "check"}
    assert events[-1]["response"]["conversation_id"] is None


def test_response_create_may_force_a_call_or_forbid_it():
    table = greeted()
    forced = table.send(type="response.create", response={"tool_choice": {"type": "function", "name": "give_hint"}})
    assert [call["name"] for call in calls(forced)] == ["give_hint"]
    table = greeted()
    content = [{"type": "input_text", "text": "next"}]
    table.send(type="conversation.item.create", item={"type": "message", "role": "user", "content": content})
    assert calls(table.send(type="response.create", response={"tool_choice": "none"})) == []


def test_usage_counts_the_whole_conversation():
    table = greeted(session=posted(instructions="# Stage\nA", tools=[]))
    usage = table.type_text("12345678")[-1]["response"]["usage"]
    text, audio = usage["input_token_details"]["text_tokens"], usage["input_token_details"]["audio_tokens"]
    assert (usage["input_tokens"], usage["total_tokens"]) == (text + audio, text + audio + usage["output_tokens"])
    assert (audio, usage["output_token_details"]["audio_tokens"]) == (40, 40)


def item(**fields):
    return {"type": "conversation.item.create", "item": {"type": "message", "role": "user", **fields}}


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"type": "response.make"}, ("invalid_value", "type")),
        ({}, ("missing_required_parameter", "type")),
        ({"type": "session.update", "session": {"tools": []}}, ("missing_required_parameter", "session.type")),
        ({"type": "session.update"}, ("missing_required_parameter", "session")),
        (
            {"type": "session.update", "session": {"type": "realtime", "temperature": 1}},
            ("unknown_parameter", "session.temperature"),
        ),
        (
            {"type": "session.update", "session": {"type": "realtime", "model": "gpt-realtime-2"}},
            ("invalid_value", "session.model"),
        ),
        ({"type": "conversation.item.delete", "item_id": "x"}, ("item_delete_invalid_item_id", "item_id")),
        ({"type": "conversation.item.retrieve", "item_id": "x"}, ("item_retrieve_invalid_item_id", "item_id")),
        (
            {"type": "conversation.item.truncate", "item_id": "x", "content_index": 0, "audio_end_ms": 1},
            ("item_truncate_invalid_item_id", "item_id"),
        ),
        (
            {**item(content=[]), "previous_item_id": "x"},
            ("item_create_invalid_previous_item_id", "previous_item_id"),
        ),
        (item(content=[{"type": "text", "text": "x"}]), ("invalid_value", "item.content[0].type")),
        (
            item(content=[{"type": "input_image", "image_url": "https://x/y.png"}]),
            ("invalid_value", "item.content[0].image_url"),
        ),
        (
            item(content=[{"type": "input_image", "image_url": images.write(b"RIFF....WEBP")}]),
            ("invalid_value", "item.content[0].image_url"),
        ),
        (
            item(content=[{"type": "input_image", "image_url": "data:image/jpeg;base64,bm8gSlBFRw=="}]),
            ("invalid_value", "item.content[0].image_url"),
        ),
        (item(role="developer", content=[]), ("invalid_value", "item.role")),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "function_call_output", "call_id": "x", "output": {}},
            },
            ("invalid_type", "item.output"),
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "function_call_output", "call_id": "x", "output": ""},
            },
            ("invalid_tool_call_id", "item.call_id"),
        ),
        ({"type": "response.create", "modalities": ["text"]}, ("unknown_parameter", "modalities")),
        (
            {"type": "response.create", "response": {"modalities": ["text"]}},
            ("unknown_parameter", "response.modalities"),
        ),
        ({"type": "response.cancel"}, ("response_cancel_not_active", None)),
        ({"type": "input_audio_buffer.commit"}, ("input_audio_buffer_commit_empty", None)),
        ({"type": "input_audio_buffer.append", "audio": ""}, ("invalid_value", "audio")),
    ],
)
def test_mistake_of_the_client_becomes_an_error_that_names_its_event(event, error):
    events = Table().send(event_id="mine", **event)
    assert (errors(events), events[0]["error"]["event_id"]) == ([error], "mine")


def test_second_response_is_refused_while_one_is_active():
    table = Table(pace=0.1)
    table.send(type="response.create")
    assert errors(table.send(type="response.create")) == [("conversation_already_has_active_response", None)]


@pytest.mark.parametrize("message", ["", "nope", b"\xff\xfe", "NaN", "[" * 100_000, '"\\ud800"'])
def test_message_that_is_not_json_becomes_an_error(message):
    table = Table()
    assert errors(table.take(table.script.receive(message, 0.0))) == [("invalid_json", None)]


def test_items_are_inserted_deleted_and_named_by_the_client():
    table = Table()
    table.send(**item(id="first", content=[{"type": "input_text", "text": "1"}]))
    added = table.send(**item(id="second", content=[]), previous_item_id="root")[0]
    assert (added["item"]["id"], added["previous_item_id"]) == ("second", None)
    assert errors(table.send(**item(id="second", content=[]))) == [("invalid_value", "item.id")]
    assert types(table.send(type="conversation.item.delete", item_id="first")) == ["conversation.item.deleted"]
    assert list(table.script.conversation.items) == ["second"]


def test_call_that_is_too_old_says_so_and_hangs_up():
    table = Table()
    assert errors(table.take(table.script.expire())) == [("session_expired", None)]
    assert table.effects[-1] == effects.HangUp("expired")


# --- Anything at all -----------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({name for shape in CLIENT_EVENTS.values() for name in shape.fields})
PLAUSIBLE = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(CLIENT_EVENTS))},
    optional={name: JSON | st.sampled_from(["item_1", "root", "resp_1"]) for name in NAMES if name != "type"},
)
VALID = st.sampled_from(
    [
        {"type": "response.create"},
        {"type": "response.cancel"},
        {"type": "output_audio_buffer.clear"},
        {"type": "input_audio_buffer.clear"},
        {"type": "input_audio_buffer.commit"},
        {"type": "conversation.item.delete", "item_id": "item_1"},
        {"type": "conversation.item.delete", "item_id": "item_2"},
        {"type": "conversation.item.truncate", "item_id": "item_1", "content_index": 0, "audio_end_ms": 5},
        {"type": "session.update", "session": {"type": "realtime", "tools": [HINT], "tool_choice": "required"}},
        {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}},
        {"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": None}}}},
        item(content=[{"type": "input_text", "text": "next"}]),
    ]
)
REPORTED = ("speech_started", "frame", "speech_stopped", "heard", "voiced", "resume", "played")


def report(table: Table, name: str) -> None:
    """Something happens to the sound, at the right or the wrong moment."""
    script = table.script
    happened = {
        "speech_started": lambda: script.speech_started(table.now),
        "frame": lambda: script.frame(200),
        "speech_stopped": script.speech_stopped,
        "heard": lambda: script.heard("item_3", "hint"),
        "voiced": lambda: script.voiced("resp_1", 1.0, table.now),
        "resume": lambda: script.resume("resp_1"),
        "played": lambda: script.played("resp_1", table.now),
    }
    table.take(happened[name]())


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(PLAUSIBLE | VALID | st.sampled_from(REPORTED) | JSON, max_size=12), at_once=st.booleans())
def test_script_never_raises_and_never_sends_an_invalid_event(steps, at_once):
    table = Table(pace=0.1, voices_at_once=at_once)
    for step in steps:
        table.now += 0.1
        if isinstance(step, str) and step in REPORTED:
            report(table, step)
        else:
            table.take(table.script.receive(json.dumps(step), table.now))
