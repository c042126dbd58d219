"""How often, how much, how slowly; and who."""

import asyncio

import pytest

from audiolessons import AudioError
from audiolessons.serving.service import RefusalError, Settings, TokenBucket
from audiolessons.serving.service.keys import Keys, from_header
from audiolessons.serving.service.limits import Rates, Uploads


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_a_bucket_grants_a_burst_and_then_its_rate():
    clock = Clock()
    bucket = TokenBucket(10.0, burst=5, clock=clock)
    granted = 0
    for _ in range(1000):  # ten seconds
        granted += bucket.take() == 0
        clock.now += 0.01
    assert granted == pytest.approx(5 + 10 * 10, abs=1)


def test_what_the_bucket_cannot_hold_is_lost_and_the_wait_is_true():
    clock = Clock()
    bucket = TokenBucket(2.0, burst=3, clock=clock)
    clock.now += 1000
    assert [bucket.take() for _ in range(3)] == [0, 0, 0]
    wait_s = bucket.take()
    assert wait_s == pytest.approx(0.5)
    clock.now += wait_s - 1e-6
    assert bucket.take() > 0
    clock.now += 2e-6
    assert bucket.take() == 0


def test_each_has_a_bucket_and_the_number_of_buckets_is_bounded(monkeypatch):
    monkeypatch.setattr(Rates, "MOST", 3)
    rates = Rates(Settings(requests_a_second=0.001, burst=1))
    for who in "abc":
        rates.check(who)
    with pytest.raises(RefusalError, match="more than") as caught:
        rates.check("a")
    assert caught.value.status == 429
    assert int(caught.value.headers["Retry-After"]) > 900
    rates.check("d")  # b, who has not asked for longest, is forgotten
    assert len(rates._buckets) == 3
    with pytest.raises(RefusalError):
        rates.check("a")


async def parts(*sizes, pause_s=0.0):
    for size in sizes:
        await asyncio.sleep(pause_s)
        yield bytes(size)


def read(uploads, *sizes, length=None, **options):
    return asyncio.run(uploads.read(parts(*sizes, **options), length=length))


def test_uploads_are_bounded_in_size_time_and_sum():
    settings = Settings(most_bytes=100, receive_s=60.0, most_bytes_at_once=150)
    uploads = Uploads(settings)
    assert read(uploads, 50, 50) == bytes(100)
    assert read(uploads, 50, length=50) == bytes(50)
    for status, sizes, options in (
        (413, (1,), {"length": 101}),  # before it is read
        (413, (60, 60), {}),  # though nothing was said
        (413, (101,), {"length": 10}),  # though less was said
    ):
        with pytest.raises(RefusalError) as caught:
            read(uploads, *sizes, **options)
        assert caught.value.status == status
    assert uploads.n_bytes == 0  # whatever happened

    slowly = Uploads(Settings(receive_s=0.1))
    with pytest.raises(RefusalError) as caught:
        read(slowly, *(1,) * 10, pause_s=0.03)
    assert caught.value.status == 408
    assert slowly.n_bytes == 0

    async def two():
        slow = asyncio.create_task(uploads.read(parts(100, pause_s=0.05), length=100))
        while not uploads.n_bytes:
            await asyncio.sleep(0)
        with pytest.raises(RefusalError) as caught:
            await uploads.read(parts(60), length=60)
        return len(await slow), caught.value.status

    assert asyncio.run(two()) == (100, 503)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"most_together": 0}, "most_together is 0"),
        ({"most_waiting": 2.5}, "most_waiting is 2.5"),
        ({"answer_s": float("nan")}, "answer_s is nan"),
        ({"gather_s": -1.0}, "gather_s is -1"),
        ({"most_seconds": 0.01}, "most_seconds is 0.01"),
    ],
)
def test_settings_that_cannot_be(options, message):
    with pytest.raises(AudioError, match=message):
        Settings(**options)


@pytest.mark.parametrize(("a_second", "burst"), [(0.0, 1), (float("nan"), 1), (1.0, 0)])
def test_a_bucket_that_never_grants_is_refused(a_second, burst):
    with pytest.raises(AudioError, match="is"):
        TokenBucket(a_second, burst=burst)


def test_the_number_of_uploads_is_bounded():
    uploads = Uploads(Settings(most_uploads=1))
    with uploads, pytest.raises(RefusalError, match="1 requests are under way"), uploads:
        pass
    assert uploads.n == 0


def test_keys_are_known_by_their_hash(tmp_path):
    path = tmp_path / "keys"
    path.write_text("# who may ask\nada  0123456789abcdef  # of the lab\n\nbob ABCDEFGHIJKLMNOPé\n")
    keys = Keys.read(path)
    assert keys
    assert keys.owner("0123456789abcdef") == "ada"
    assert keys.owner("ABCDEFGHIJKLMNOPé") == "bob"
    assert "0123456789abcdef" not in repr(vars(keys))
    for key, code in ((None, "no_key"), ("", "no_key"), ("0123456789abcdeF", "wrong_key")):
        with pytest.raises(RefusalError) as caught:
            keys.owner(key)
        assert (caught.value.status, caught.value.code) == (401, code)
        assert caught.value.headers == {"WWW-Authenticate": "Bearer"}
    assert Keys().owner(None) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no keys"),
        ("ada\n", "line 1"),
        ("ada 0123456789abcdef\nada 0123456789abcdeg\n", "line 2"),
        ("ada short\n", "has 5 characters"),
    ],
)
def test_a_file_of_keys_that_cannot_be(tmp_path, text, message):
    path = tmp_path / "keys"
    path.write_text(text)
    with pytest.raises(AudioError, match=message) as caught:
        Keys.read(path)
    assert "0123456789" not in str(caught.value)
    with pytest.raises(AudioError, match="cannot be read"):
        Keys.read(tmp_path / "nowhere")


def test_a_key_comes_in_a_header():
    assert from_header("bearer  abc ") == "abc"
    assert from_header("Basic abc") is None
    assert from_header(None) is None
