"""Drives the HTML report of `vqz compare` in headless Chromium, from file://.

    test_report.py REPORT.html [SCREENSHOTS]    SCREENSHOTS is a folder for pictures of the page, to look at

The report must have two photos or more, one of them named HOSTILE, and two codecs or more besides vqz's default one.
"""

import base64
import pathlib
import shutil
import sys
import tempfile
import unittest

from selenium import webdriver
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

HOSTILE = "<img src=x onerror=alert(1)>.png"
CHECK_LAYOUT = (pathlib.Path(__file__).parent / "check_layout.js").read_text()
FLAGS = [
    "--headless",
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]

report = screenshots = None


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.profile = tempfile.mkdtemp()
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in [*FLAGS, f"--user-data-dir={cls.profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        cls.browser = webdriver.Chrome(options=options, service=service)

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()
        shutil.rmtree(cls.profile, ignore_errors=True)

    def setUp(self):
        self.open(1280)

    def tearDown(self):
        self.assertEqual(self.browser.get_log("browser"), [], "the console must stay empty")

    # What the tests say

    def open(self, width, scheme="light", hash=""):
        cdp = self.browser.execute_cdp_cmd
        cdp("Emulation.setDeviceMetricsOverride", dict(width=width, height=800, deviceScaleFactor=1, mobile=False))
        cdp("Emulation.setEmulatedMedia", dict(features=[dict(name="prefers-color-scheme", value=scheme)]))
        self.browser.get("about:blank")
        self.browser.get(report.as_uri() + hash)
        self.settle()

    def settle(self):
        """Waits until the viewer has decoded its pictures, and for the next frame."""
        WebDriverWait(self.browser, 20).until(lambda b: self.one("#stage").get_attribute("aria-busy") == "false")
        self.browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def one(self, css):
        return self.browser.find_element(By.CSS_SELECTOR, css)

    def all(self, css):
        return self.browser.find_elements(By.CSS_SELECTOR, css)

    def press(self, *keys):
        ActionChains(self.browser).send_keys(*keys).perform()
        self.settle()

    def click(self, element):
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()
        self.settle()

    def select(self, css, value):
        Select(self.one(css)).select_by_value(value)
        self.settle()

    def options(self, css):
        return [option.get_attribute("value") for option in Select(self.one(css)).options]

    def drag(self, element, dx, dy=0):
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        ActionChains(self.browser).click_and_hold(element).move_by_offset(dx, dy).release().perform()
        self.settle()

    def picture(self):
        """What the stage shows of the two pictures, as PNG: without divider, marker and names."""
        self.browser.execute_script("document.getElementById('stage').scrollIntoView({block: 'center'})")
        script = "document.querySelectorAll('#divider, #marker, .tag').forEach((e) => { e.style.visibility = arguments[0]; })"
        self.browser.execute_script("document.activeElement.blur()")
        self.browser.execute_script(script, "hidden")
        png = self.one("#stage").screenshot_as_png
        self.browser.execute_script(script, "")
        return png

    def split(self):
        return int(self.one("#divider").get_attribute("aria-valuenow"))

    def zoom(self):
        return self.one("#zoom [aria-pressed=true]").text

    def curves(self):
        return {curve.get_attribute("data-codec"): curve.get_attribute("innerHTML") for curve in self.all("#chart [data-codec]")}

    def shoot(self, name):
        if screenshots:
            shot = self.browser.execute_cdp_cmd("Page.captureScreenshot", dict(captureBeyondViewport=True))
            (screenshots / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))

    # The tests

    def test_sections_have_content(self):
        for section in self.all("main > section"):
            self.assertTrue(section.is_displayed(), section.get_attribute("id"))
        codecs = len(self.all("#settings tbody tr"))
        self.assertGreaterEqual(codecs, 3)
        for table in ["#matched", "#costs"]:
            self.assertEqual(len(self.all(f"{table} tbody tr")), codecs, table)
        self.assertEqual(len(self.curves()), codecs)
        self.assertIn("compare", self.one("#command").text)

    def test_layout(self):
        for width in [1280, 400]:
            for scheme in ["light", "dark"]:
                self.open(width, scheme)
                self.shoot(f"{width}-{scheme}")
                self.assertEqual(self.browser.execute_script(CHECK_LAYOUT), [], f"{width} pixels wide")
            for button in self.all("#bd-rate .expand"):
                self.click(button)
            for summary in self.all("summary"):
                self.click(summary)
            self.assertEqual(self.browser.execute_script(CHECK_LAYOUT), [], f"{width} pixels wide, all unfolded")
            self.shoot(f"{width}-unfolded")

    def test_names_are_text(self):
        self.assertEqual(self.all('img[src="x"]'), [])
        names = [button.get_attribute("title") for button in self.all("#thumbs button")]
        self.click(self.all("#thumbs button")[names.index(HOSTILE)])
        self.assertIn(HOSTILE, self.one("#photo-title").text)
        self.select("#scope", HOSTILE)
        self.click(self.one("#photos-summary"))
        self.assertIn(HOSTILE, self.one("#photos").text)

    def test_divider_is_dragged(self):
        before = self.picture()
        self.drag(self.one("#divider"), 150)
        self.assertGreater(self.split(), 55)
        right = self.picture()
        self.assertNotEqual(right, before)
        self.drag(self.one("#divider"), -300)
        self.assertLess(self.split(), 45)
        self.assertNotEqual(self.picture(), right)

    def test_divider_by_touch(self):
        divider = self.one("#divider")
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", divider)
        box = self.browser.execute_script("const b = arguments[0].getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]", divider)
        touch = lambda kind, *points: self.browser.execute_cdp_cmd(
            "Input.dispatchTouchEvent", dict(type=kind, touchPoints=[dict(x=x, y=box[1]) for x in points]))
        self.browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", dict(enabled=True))
        touch("touchStart", box[0])
        for step in range(1, 6):
            touch("touchMove", box[0] - 30 * step)
        touch("touchEnd")
        self.browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", dict(enabled=False))
        self.settle()
        self.assertLess(self.split(), 40)

    def test_divider_by_keys(self):
        focus = lambda: self.browser.execute_script("document.getElementById('divider').focus()")
        focus()
        self.press(Keys.ARROW_RIGHT)
        self.assertEqual(self.split(), 51)
        self.press(Keys.HOME)
        self.assertEqual(self.split(), 0)
        only_right = self.picture()
        focus()
        self.press(Keys.END)
        self.assertEqual(self.split(), 100)
        self.assertNotEqual(self.picture(), only_right)
        # The same codec on both sides: now the divider changes nothing.
        self.select("#left", self.one("#right").get_property("value"))
        self.assertEqual(self.picture(), only_right)

    def test_codecs_and_photos_are_switched(self):
        ids = self.options("#right")
        self.assertEqual(ids[0], "original")
        self.select("#left", "original")
        seen = []
        for codec in ids:
            self.select("#right", codec)
            self.assertIn(self.one("#right-tag").get_property("textContent"), self.one("#sides").text)
            seen.append(self.picture())
        self.assertEqual(len(set(seen)), len(ids), "every codec has a picture of its own")
        self.click(self.one("#swap"))
        self.assertEqual(self.one("#right").get_property("value"), "original")
        self.assertEqual(self.one("#left").get_property("value"), ids[-1])
        numbers = self.one("#sides").text
        self.click(self.all("#thumbs button")[1])
        self.assertNotEqual(self.one("#sides").text, numbers)
        self.assertNotIn(self.picture(), seen)

    def test_zoom_and_pan(self):
        self.assertEqual(self.zoom(), "Fit")
        fit = self.picture()
        self.click(self.all("#zoom button")[-1])
        self.assertEqual(self.zoom(), "8×")
        large = self.picture()
        self.assertNotEqual(large, fit)
        self.assertEqual(self.one("#left-picture").value_of_css_property("image-rendering"), "pixelated")
        split = self.split()
        ActionChains(self.browser).move_to_element_with_offset(self.one("#stage"), -200, 60).click_and_hold().move_by_offset(90, 40).release().perform()
        self.settle()
        panned = self.picture()
        self.assertNotEqual(panned, large)
        self.assertEqual(self.split(), split, "the picture is dragged, not the divider")
        self.browser.execute_script("document.getElementById('stage').focus()")
        self.press(Keys.ARROW_RIGHT)
        self.assertNotEqual(self.picture(), panned)
        self.browser.execute_script("document.getElementById('stage').focus()")
        self.press("-")
        self.assertEqual(self.zoom(), "4×")
        ActionChains(self.browser).scroll_from_origin(self.wheel_origin(), 0, -120).perform()
        self.settle()
        self.assertEqual(self.zoom(), "8×")
        for _ in range(4):
            ActionChains(self.browser).scroll_from_origin(self.wheel_origin(), 0, 120).perform()
        self.settle()
        self.assertEqual(self.zoom(), "Fit")
        self.assertEqual(self.picture(), fit)

    def wheel_origin(self):
        return webdriver.common.actions.wheel_input.ScrollOrigin.from_element(self.one("#stage"), 40, 30)

    def test_worst_regions_are_links(self):
        link = self.all("#matched tbody tr:last-child a")[1]
        self.click(link)
        region = self.one("#marker")
        self.assertTrue(region.is_displayed())
        stage = self.one("#stage").rect
        middle = [region.rect[a] + region.rect[b] / 2 - stage[a] - stage[b] / 2 for a, b in [("x", "width"), ("y", "height")]]
        inside = all(0 <= region.rect[a] - stage[a] <= stage[b] - region.rect[b] for a, b in [("x", "width"), ("y", "height")])
        self.assertTrue(inside or max(map(abs, middle)) < 2, (region.rect, stage))
        self.assertEqual(self.one("#left").get_property("value"), "original")
        self.assertEqual(self.one("#right").get_property("value"), self.options("#right")[-1])
        self.assertNotEqual(self.zoom(), "Fit")
        shown = self.picture()
        self.shoot("1280-region")
        # Panned away, the same link leads back.
        self.browser.execute_script("document.getElementById('stage').focus()")
        self.press(Keys.SHIFT + Keys.ARROW_LEFT, Keys.ARROW_LEFT)
        self.click(self.all("#matched tbody tr:last-child a")[1])
        self.assertEqual(self.picture(), shown)
        # The address alone does it too, in a page just opened.
        hash = link.get_property("hash")
        self.open(1280, hash=hash)
        self.assertEqual(self.picture(), shown)

    def test_curves_are_toggled(self):
        before = self.curves()
        button = self.all("#legend button")[1]
        codec = button.get_attribute("data-codec")
        self.click(button)
        self.assertEqual(set(self.curves()), set(before) - {codec})
        self.assertEqual(self.all("#legend button")[1].get_attribute("aria-pressed"), "false")
        self.press(Keys.SPACE)  # the focus has stayed on the button
        self.assertEqual(self.curves(), before)

    def test_metric_scope_and_axis(self):
        seen = [self.curves()]
        label = self.one("#chart .labels").text
        metric = self.options("#metric")[-1]
        self.select("#metric", metric)
        seen.append(self.curves())
        self.assertNotEqual(self.one("#chart .labels").text, label)
        self.select("#scope", self.options("#scope")[1])
        seen.append(self.curves())
        self.click(self.all("#axis button")[1])
        seen.append(self.curves())
        for i, curves in enumerate(seen):
            self.assertNotIn(curves, seen[:i])
        self.assertNotIn("logarithmic", self.one("#chart .labels").text)

    def test_points_tell_their_numbers(self):
        tip = self.one("#chart .tip")
        self.assertFalse(tip.is_displayed())
        point = self.all("#chart [data-codec] path")[2]
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", point)
        ActionChains(self.browser).move_to_element(point).perform()
        self.assertTrue(tip.is_displayed())
        self.assertRegex(tip.text, r"bits per pixel\s+\d\.\d{4}")
        if screenshots:
            self.browser.save_screenshot(str(screenshots / "1280-tip.png"))
        self.browser.execute_script("document.querySelector('#chart svg').focus()")
        self.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
        by_key = tip.text
        self.press(Keys.ARROW_UP)
        self.assertNotEqual(tip.text, by_key)
        self.assertIn("bits per pixel", self.one("#chart [aria-live]").get_property("textContent"))

    def test_bd_rates_unfold(self):
        rows = lambda: [row for row in self.all("#bd-rate .detail") if row.is_displayed()]
        self.assertEqual(rows(), [])
        photos = len(self.all("#thumbs button"))
        self.click(self.one("#bd-rate .expand"))
        self.assertEqual(len(rows()), photos + 3)  # and how they spread
        self.click(self.one("#bd-rate .expand"))
        self.assertEqual(rows(), [])

    def test_bd_rates_are_turned_round(self):
        number = lambda: float(self.one("#bd-rate tbody td span").text.replace("−", "-").rstrip(" %"))
        rated = self.options("#rated")
        names = [option.text for option in Select(self.one("#rated")).options]
        against = lambda: [row.find_element(By.CSS_SELECTOR, "th").text for row in self.all("#bd-rate tbody tr:not(.detail)")]
        self.assertEqual(against(), names[1:])
        there = number()
        self.select("#rated", rated[1])
        self.assertEqual(against(), names[:1] + names[2:])
        self.assertAlmostEqual((1 + there / 100) * (1 + number() / 100), 1, delta=0.003)
        self.assertEqual(len(self.all("#words li")), len(names) - 1)
        self.assertIn(f"than {names[1]}", self.one("#words").text)

    def test_controls_have_names(self):
        for control in self.all("button, select, [tabindex='0'], a"):
            if control.is_displayed():
                self.assertTrue(control.accessible_name, control.get_attribute("outerHTML")[:200])


if __name__ == "__main__":
    report = pathlib.Path(sys.argv[1]).resolve()
    if len(sys.argv) > 2:
        screenshots = pathlib.Path(sys.argv[2])
        screenshots.mkdir(parents=True, exist_ok=True)
    unittest.main(argv=sys.argv[:1], verbosity=2)
