-- For wrk: each request sends a form that was sent by none before. The forms stand one a line in FORMS.
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  forms, at = {}, 0
  local line_number = 0
  for line in io.lines(os.getenv("FORMS")) do
    if line_number % tonumber(os.getenv("THREADS")) == number then
      table.insert(forms, line)
    end
    line_number = line_number + 1
  end
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  wrk.headers["Cookie"] = "csrftoken=" .. os.getenv("CSRF")
end

function request()
  at = at + 1
  if at > #forms then
    -- Sent twice a form is stored once, so what is counted from here on would be no measure.
    wrk.headers["Cookie"] = nil
    at = 1
  end
  return wrk.format(nil, nil, nil, forms[at])
end
