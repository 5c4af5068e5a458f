"""Pages for staff over HTTP. Whoever is not signed in is asked to; what is refused is said on a page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException

from shared.store.mongo import is_outage
from shared.web.assets import CONTENT_SECURITY_POLICY, PALETTE, Assets
from shared.web.auth import Person, Role
from shared.web.languages import page_messages
from shared.web.problems import Problem, language_of
from shared.web.session import (
    MAX_TOKEN_CHARACTERS,
    Session,
    begin_session,
    check_form,
    end_session,
    session_or_none,
)
from shared.web.staff.frame import Frame

_HERE = Path(__file__).parent
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
    "vary": "accept-language, cookie",
}
FormKey = Annotated[str, Form(max_length=200)]


class StaffPages:
    """The pages below `root`. `folder` holds their `templates` (among them `ways.html`: the links of the head),
    `assets` (style sheets are on every page) and messages by language; `roles` are let in.
    """

    def __init__(self, root: str, folder: Path, roles: Collection[Role]) -> None:
        self.root = root
        self.roles = frozenset(roles)
        self._folders = (_HERE, folder)
        files = (file for one in self._folders for file in sorted((one / "assets").iterdir()))
        self._assets = Assets(f"{root}/assets", (PALETTE, *files))
        self._templates = Environment(
            loader=FileSystemLoader([one / "templates" for one in reversed(self._folders)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._route_class = _route_class(self)
        self.router = self.section()
        self._add_routes()

    def section(self) -> APIRouter:
        """A router for some of the pages. They are no operations of the API: what they do, it does for programs."""
        return APIRouter(prefix=self.root, route_class=self._route_class, include_in_schema=False)

    def frame(self, request: Request) -> Frame:
        query = dict(request.query_params) if request.method == "GET" else {}
        query.pop("lang", None)
        chosen = language_of(request)
        path = request.url.path if request.method == "GET" else self.root
        say = page_messages(chosen, *self._folders)
        return Frame(self.root, say, request.query_params.get("lang") == chosen, session_or_none(request), path, query)

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page of a template; `values` are what the template shows."""
        # An address may hold half a surrogate pair, which UTF-8 cannot carry.
        body = self.render(template, self.frame(request), **values).encode("utf-8", "replace")
        return HTMLResponse(body, status_code=status, headers=HEADERS)

    def render(self, template: str, frame: Frame, **values: object) -> str:
        return self._templates.get_template(template).render(
            frame=frame,
            say=frame.say,
            link=frame.link,
            other_language=page_messages(frame.language.other, *self._folders),
            asset=self._assets.addresses,
            style_sheets=self._assets.style_sheets,
            **values,
        )

    def redirect(self, address: str) -> RedirectResponse:
        return RedirectResponse(address, status_code=303, headers=HEADERS)

    def refusal(self, request: Request, problem: Problem) -> Response:
        """The page that says what an API says as problem details; the sign-in for whoever has to sign in."""
        if problem.status == 401:
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            following = wanted if request.method == "GET" else None
            return self.redirect(self.frame(request).link("sign-in", next=following))
        return self.page(request, "error.html", problem.status, reason=self.reason(request, problem))

    def reason(self, request: Request, problem: Problem) -> str:
        facts = {name: fact for name, fact in problem.facts.items() if name != "headers"}
        return str(request.app.state.messages.text(problem.reason, language_of(request), **facts))

    def told(self, request: Request) -> str | None:
        """What the page before has done, to be said on this one: `?done=<what>&count=<how many>`."""
        say = self.frame(request).say
        done, count = request.query_params.get("done", ""), request.query_params.get("count", "1")
        known = f"done.{done}" in say.texts and count.isascii() and count.isdigit() and len(count) < 6
        return say.counted(f"done.{done}", int(count)) if known else None

    async def signed_in(self, request: Request) -> Session:
        """The session of somebody who is let in. Raises Problem 401, 403."""
        session = session_or_none(request)
        if session is None:
            raise Problem(401, "not-signed-in")
        self._check_role(session.person)
        return session

    def _check_role(self, person: Person) -> None:
        if not person.roles & self.roles:
            raise Problem(403, "role-missing", roles=", ".join(sorted(self.roles)))

    def _add_routes(self) -> None:
        self.router.get("/sign-in")(self._show_sign_in)
        self.router.post("/sign-in")(self._sign_in)
        self.router.post("/sign-out")(self._sign_out)
        self.router.get("/assets/{name}", response_class=FileResponse)(self._show_asset)

    async def _show_sign_in(
        self, request: Request, following: Annotated[str, Query(alias="next", max_length=500)] = ""
    ) -> Response:
        """The form that takes a token."""
        return self.page(request, "sign-in.html", refused=False, next=following)

    async def _sign_in(
        self,
        request: Request,
        token: Annotated[str, Form(max_length=MAX_TOKEN_CHARACTERS)],
        following: Annotated[str, Form(alias="next", max_length=500)] = "",
    ) -> Response:
        """Exchange a token for a session, then go where the person wanted to go."""
        # A path of these pages and nothing else: no other site can send a person through here to itself.
        is_ours = following.startswith((f"{self.root}?", f"{self.root}/"))
        answer = self.redirect(following if is_ours else self.frame(request).link())
        try:
            self._check_role(begin_session(request, answer, token.strip(), self.root).person)
        except Problem as problem:
            if problem.status != 401:
                raise
            return self.page(request, "sign-in.html", 401, refused=True, next=following)
        return answer

    async def _sign_out(self, request: Request, form_key: FormKey) -> Response:
        """End the session."""
        check_form(await self.signed_in(request), form_key)
        answer = self.redirect(self.frame(request).link("sign-in"))
        end_session(answer, self.root)
        return answer

    async def _show_asset(self, name: str) -> Response:
        """Style, script and pictures."""
        return self._assets.answer(name)


def _route_class(pages: StaffPages) -> type[APIRoute]:
    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handle(request)
                except RequestValidationError:
                    return pages.refusal(request, Problem(422, "invalid-request"))
                except HTTPException as error:
                    return pages.refusal(request, Problem(error.status_code, f"http-{error.status_code}"))
                except Problem as problem:
                    return pages.refusal(request, problem)
                except PyMongoError as error:
                    if not is_outage(error):
                        raise
                    return pages.refusal(request, Problem(503, "dependency-away"))

            return answer

    return PageRoute
