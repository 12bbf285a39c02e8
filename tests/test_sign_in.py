"""Signing in: by e-mail and password, five tries, no sign-up, a new password by mail."""

import re
from urllib.parse import quote

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client, override_settings
from django.urls import NoReverseMatch, reverse

from clinic.models import Role, User
from tests import factory
from tests.smtp import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(clinic: object) -> User:
    return factory.make_user(Role.FRONT_DESK, email="dana@harbourlight.example", name="Dana Rideout")


def sign_in(client: Client, email: str, password: str, address: str = "10.0.0.1") -> object:
    return client.post(reverse("account_login"), {"login": email, "password": password}, REMOTE_ADDR=address)


def test_the_right_password_opens_the_day_and_gives_the_session_a_new_key(desk: User, client: Client) -> None:
    client.get(reverse("account_login"))
    before = client.session.session_key
    response = sign_in(client, "Dana@Harbourlight.example", factory.PASSWORD)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.session.session_key != before
    assert client.get(reverse("day")).status_code == 200


def test_a_wrong_password_says_what_to_do_and_not_which_was_wrong(desk: User, client: Client) -> None:
    known = sign_in(client, desk.email, "wrong").content.decode()
    unknown = sign_in(client, "nobody@harbourlight.example", "wrong").content.decode()
    sentence = "That e-mail and password do not match. Check both and try again. After 5 tries we wait 15 minutes."
    assert sentence in known
    assert sentence in unknown


def test_five_wrong_tries_lock_that_address_from_that_place_only(desk: User, client: Client) -> None:
    answers = [sign_in(client, desk.email, "wrong").status_code for _ in range(5)]
    assert answers[:4] == [200] * 4
    assert answers[4] == 429
    assert sign_in(client, desk.email, factory.PASSWORD).status_code == 429
    assert sign_in(Client(), desk.email.upper(), "wrong").status_code == 429
    assert sign_in(Client(), desk.email, factory.PASSWORD, address="10.0.0.2").status_code == 302


def test_a_forged_forwarding_header_does_not_open_the_lock(desk: User, client: Client) -> None:
    for n in range(5):
        client.post(
            reverse("account_login"),
            {"login": desk.email, "password": "wrong"},
            REMOTE_ADDR="10.0.0.1",
            headers={"X-Forwarded-For": f"192.0.2.{n}"},
        )
    assert sign_in(client, desk.email, factory.PASSWORD).status_code == 429


def test_nobody_signs_up_and_nobody_changes_an_address_alone() -> None:
    for name in ("account_signup", "account_email"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_someone_who_left_cannot_come_in(desk: User, client: Client) -> None:
    client.force_login(desk, backend="allauth.account.auth_backends.AuthenticationBackend")
    User.objects.filter(pk=desk.pk).update(is_active=False)
    assert client.get(reverse("day")).status_code == 302
    sign_in(client, desk.email, factory.PASSWORD)
    assert client.get(reverse("day")).status_code == 302


def test_a_new_password_comes_by_mail_and_the_mail_names_no_patient(desk: User, client: Client, smtp: Sink) -> None:
    client.post(reverse("account_reset_password"), {"email": desk.email})
    (mail,) = smtp.messages
    body = mail.get_body(("plain",)).get_content()
    link = re.search(r"https?://[^/]+(/accounts/password/reset/\S+)", body)
    assert link
    form = client.get(link[1], follow=True)
    address = form.redirect_chain[-1][0]
    weak = client.post(address, {"password1": "short", "password2": "short"})
    assert "12 characters" in weak.content.decode()
    done = client.post(address, {"password1": "a-much-longer-one", "password2": "a-much-longer-one"})
    assert done.status_code == 302
    assert sign_in(Client(), desk.email, "a-much-longer-one").status_code == 302


def test_an_unknown_address_gets_the_same_answer_and_no_account(desk: User, client: Client, smtp: Sink) -> None:
    known = client.post(reverse("account_reset_password"), {"email": desk.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@harbourlight.example"})
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert User.objects.count() == 1


def test_passwords_are_kept_with_argon2(settings: object) -> None:
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"]):
        user = factory.make_user(Role.OWNER)
    assert user.password.startswith(f"{Argon2PasswordHasher.algorithm}$")


def test_a_choice_of_light_or_dark_stays_with_the_person(desk: User, client: Client) -> None:
    client.force_login(desk, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post(reverse("set_theme"), {"theme": "dark", "next": reverse("day")})
    desk.refresh_from_db()
    assert desk.theme == "dark"
    assert 'data-bs-theme="dark"' in client.get(reverse("day")).content.decode()
    away = client.post(reverse("set_theme"), {"theme": "light", "next": "https://elsewhere.example/"})
    assert away.headers["Location"] == "/"
    assert client.post(reverse("set_theme"), {"theme": "pink"}).status_code == 400


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(desk: User, client: Client) -> None:
    """Not to the address that it was sent to: that one answers to POST alone."""
    form, page = reverse("set_theme"), reverse("patient_list") + "?q=rao"
    answer = client.post(form, {"theme": "dark"}, headers={"referer": f"http://testserver{page}"})
    assert answer.headers["Location"] == f"{reverse('account_login')}?next={quote(page)}"
    assert (
        "You were signed out meanwhile. Nothing was saved." in client.get(answer.headers["Location"]).content.decode()
    )
    elsewhere = client.post(form, {"theme": "dark"}, headers={"referer": "https://elsewhere.example/x"})
    assert elsewhere.headers["Location"] == f"{reverse('account_login')}?next={reverse('home')}"
    client.get(elsewhere.headers["Location"])
    part = client.post(form, {"theme": "dark"}, headers={"HX-Request": "true"})
    assert part.headers["Location"] == f"{reverse('account_login')}?next={form}"
    assert "signed out meanwhile" not in client.get(part.headers["Location"]).content.decode()
