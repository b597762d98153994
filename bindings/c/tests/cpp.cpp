// vqz.h from C++: two threads, each with a decoder of its own, get the same pixels; a third stops an encoder. Usage: cpp FILE.vqz
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "check.h"

namespace {

struct Free {
    void operator()(vqz_decoder *decoder) const { vqz_decoder_free(decoder); }
    void operator()(vqz_cancel *cancel) const { vqz_cancel_free(cancel); }
};

template <class T> T sized() {
    T value{};
    value.struct_size = sizeof value;
    return value;
}

std::vector<unsigned char> decode(const std::vector<unsigned char> &file) {
    vqz_decoder *raw = nullptr;
    CHECK(vqz_decoder_new(nullptr, &raw) == VQZ_OK);
    const std::unique_ptr<vqz_decoder, Free> decoder(raw);
    CHECK(vqz_decoder_push(raw, file.data(), file.size(), nullptr) == VQZ_OK);
    auto info = sized<vqz_info>();
    CHECK(vqz_decoder_info(raw, &info) == VQZ_OK);
    std::vector<unsigned char> pixels(std::size_t{info.width} * info.height * 3);
    CHECK(vqz_decoder_decode(raw, nullptr, VQZ_FORMAT_RGB8, pixels.data(), pixels.size(), info.width * 3) == VQZ_OK);
    return pixels;
}

} // namespace

int main(int count, char **arguments) {
    CHECK(count == 2);
    std::size_t size = 0;
    unsigned char *data = read_file(arguments[1], &size);
    const std::vector<unsigned char> file(data, data + size);
    free(data);

    std::vector<unsigned char> first, second;
    std::thread one([&] { first = decode(file); });
    std::thread two([&] { second = decode(file); });
    one.join();
    two.join();
    CHECK(!first.empty() && first == second);

    vqz_cancel *cancel = nullptr;
    CHECK(vqz_cancel_new(&cancel) == VQZ_OK);
    const std::unique_ptr<vqz_cancel, Free> owner(cancel);
    auto options = sized<vqz_encoder_options>();
    options.cancel = cancel;
    auto encoded = sized<vqz_encoded>();
    const std::vector<unsigned char> grey(4000 * 3000, 90);
    std::thread stop([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        CHECK(vqz_cancel_set(cancel) == VQZ_OK);
    });
    CHECK(vqz_encode(&options, VQZ_FORMAT_GRAY8, 4000, 3000, grey.data(), grey.size(), 4000, &encoded) == VQZ_CANCELLED);
    stop.join();
    puts("cpp: threads and cancelling");
    return 0;
}
