# Masks the first rows as a rake task over a Rails application's models does, and prints the seconds.
require 'logger'
require 'active_record'

ActiveRecord::Base.establish_connection(ENV.fetch('DATABASE_URL'))

class Customer < ActiveRecord::Base
end

class Order < ActiveRecord::Base
end

# Reads the schema, so that the clock does not see it.
Customer.columns
Order.columns

start = Process.clock_gettime(Process::CLOCK_MONOTONIC)

Customer.where('id <= ?', ENV.fetch('CUSTOMERS')).find_each do |customer|
  n = customer.id
  customer.update!(
    email: "user#{n}@example.com", first_name: "First#{n}", last_name: "Last#{n}", full_name: "First#{n} Last#{n}",
    phone: format('000-0000-%04d', n % 10_000), address: "#{n} Example Street", city: "City#{n % 100}",
    postcode: format('000-%04d', n % 10_000), birthday: customer.birthday && customer.birthday + 1 + n % 90,
    last_ip: "192.0.2.#{n % 256}", notes: ''
  )
end

Order.where('id <= ?', ENV.fetch('ORDERS')).find_each do |order|
  n = order.customer_id
  order.update!(contact_email: "user#{n}@example.com", ship_name: "First#{n} Last#{n}", ship_address: "#{n} Example Street")
end

puts Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
