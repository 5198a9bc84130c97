"""About how many tokens a text is."""

import pytest
from hypothesis import given

from tests.strategies import any_text, patient
from tutor.plan.estimate import ERROR, tokens

# Sentences and their lengths in tokens (o200k) as the provider published them with the tokenizer.
COUNTED = [
    ("en", 24, "Hello, my name is GPT-4o. I'm a new type of language model, it's nice to meet you!"),
    ("es", 26, "Hola, me llamo GPT-4o. Soy un nuevo tipo de modelo de lenguaje, ¡es un placer conocerte!"),
    ("fr", 28, "Bonjour, je m'appelle GPT-4o. Je suis un nouveau type de modèle de langage, c'est un plaisir de vous rencontrer!"),  # noqa: E501
    ("it", 28, "Ciao, mi chiamo GPT-4o. Sono un nuovo tipo di modello linguistico, piacere di conoscerti!"),
    ("pt", 27, "Olá, meu nome é GPT-4o. Sou um novo tipo de modelo de linguagem, é um prazer conhecê-lo!"),
    ("de", 29, "Hallo, mein Name is GPT-4o. Ich bin ein neues KI-Sprachmodell. Es ist schön, dich kennenzulernen."),
    ("tr", 30, "Merhaba, benim adım GPT-4o. Ben yeni bir dil modeli türüyüm, tanıştığımıza memnun oldum!"),
    ("vi", 30, "Xin chào, tên tôi là GPT-4o. Tôi là một loại mô hình ngôn ngữ mới, rất vui được gặp bạn!"),
    ("ru", 23, "Привет, меня зовут GPT-4o. Я — новая языковая модель, приятно познакомиться!"),
    ("ar", 26, "مرحبًا، اسمي جي بي تي-4o. أنا نوع جديد من نموذج اللغة، سررت بلقائك!"),
    ("hi", 31, "नमस्ते, मेरा नाम जीपीटी-4o है। मैं एक नए प्रकार का भाषा मॉडल हूं। आपसे मिलकर अच्छा लगा!"),
    ("zh", 24, "你好,我的名字是GPT-4o。我是一种新型的语言模型,很高兴见到你!"),
    ("ja", 26, "こんにちわ、私の名前はGPT−4oです。私は新しいタイプの言語モデルです、初めまして"),
    ("ko", 27, "안녕하세요, 제 이름은 GPT-4o입니다. 저는 새로운 유형의 언어 모델입니다, 만나서 반갑습니다!"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "count", "text"), COUNTED, ids=[row[0] for row in COUNTED])
def test_estimate_of_prose_is_within_its_error(language, count, text):
    assert tokens(text, language) == pytest.approx(count, rel=ERROR)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("One two three.", 4),
        ("incomprehensibilities", 3),
        ("it's", 1),
        ("1234", 2),
        ("a\n\n\nb", 3),
        ('{"a": 1}', 5),
        ("😀", 2),
    ],
)
def test_estimate_of_a_piece(text, expected):
    assert tokens(text) == expected


@patient
@given(any_text)
def test_estimate_of_anything_is_at_most_two_tokens_a_character(text):
    assert 0 <= tokens(text) <= 2 * len(text)
